package org.heliostat.tests.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.bus.Topic;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * What the bus does, beside a queue of the JDK, a bare queue of JCTools and bare parking, in a
 * process of its own with the flight's flags. Prints {@code name value} lines.
 */
final class BusLoops {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CAPACITY = 4096;
  private static final int BATCH = 256;
  private static final int ROUNDS = 15;
  private static final int MESSAGES = 1_000_000;
  private static final int WAKE_UPS = 2_000;
  private static final long PAUSE_NANOS = 150_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Message[] POOL = new Message[1024];

  private BusLoops() {}

  /** 64 bytes: a header of 12, an int and six longs. */
  @SuppressWarnings("UnusedVariable") // its size is what counts
  private static final class Message {
    private final int number;
    private long a, b, c, d, e, f;

    private Message(int number) {
      this.number = number;
      this.a = number;
    }
  }

  /** Takes messages and keeps the compiler from leaving that out. */
  private static final class Sink implements Consumer<Message> {
    private long count;
    private long sum;

    @Override
    public void accept(Message message) {
      count++;
      sum += message.number;
    }
  }

  public static void main(String[] arguments) throws Exception {
    for (int i = 0; i < POOL.length; i++) {
      POOL[i] = new Message(i);
    }
    for (String what : arguments) {
      switch (what) {
        case "throughput" -> throughput();
        case "wake" -> wakeUps();
        case "same" -> sameThread();
        case "flood" -> flood();
        default -> throw new IllegalArgumentException(what);
      }
    }
  }

  // ---- from thread to thread

  private static void throughput() throws InterruptedException {
    for (int consumers : new int[] {1, 3}) {
      double[] bus = new double[ROUNDS];
      double[] blocking = new double[ROUNDS];
      double[] bare = new double[ROUNDS];
      for (int round = -3; round < ROUNDS; round++) {
        double one = bus(consumers);
        double two = blocking(consumers);
        double three = bare(consumers);
        if (round >= 0) {
          bus[round] = one;
          blocking[round] = two;
          bare[round] = three;
        }
      }
      print("bus_" + consumers, Loops.median(bus));
      print("blocking_" + consumers, Loops.median(blocking));
      print("bare_" + consumers, Loops.median(bare));
    }
  }

  /** Messages a second that reach their consumers, all of them. */
  private static double bus(int consumers) throws InterruptedException {
    Bus bus = new Bus();
    Topic<Message> topic = bus.topic(Message.class);
    List<Runnable> takers = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      Subscription<Message> subscription = bus.subscribe("taker" + i, Message.class, CAPACITY);
      takers.add(() -> takeAll(subscription));
    }
    double rate =
        race(
            takers,
            () -> {
              for (int i = 0; i < MESSAGES; i++) {
                if (!topic.publishOrWait(POOL[i & 1023], PATIENCE)) {
                  throw new IllegalStateException("a message was lost");
                }
              }
            });
    if (bus.dropped() != 0) {
      throw new IllegalStateException(bus.dropped() + " messages were lost");
    }
    return rate;
  }

  private static void takeAll(Subscription<Message> subscription) {
    Sink sink = new Sink();
    try {
      while (sink.count < MESSAGES) {
        if (subscription.drain(sink, BATCH) == 0) {
          subscription.take(PATIENCE).ifPresent(sink);
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    check(sink);
  }

  private static double blocking(int consumers) throws InterruptedException {
    List<BlockingQueue<Message>> queues = new ArrayList<>();
    List<Runnable> takers = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      BlockingQueue<Message> queue = new ArrayBlockingQueue<>(CAPACITY);
      queues.add(queue);
      takers.add(
          () -> {
            Sink sink = new Sink();
            try {
              while (sink.count < MESSAGES) {
                sink.accept(queue.take());
              }
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            check(sink);
          });
    }
    return race(
        takers,
        () -> {
          for (int i = 0; i < MESSAGES; i++) {
            for (int j = 0; j < consumers; j++) {
              queues.get(j).put(POOL[i & 1023]);
            }
          }
        });
  }

  private static double bare(int consumers) throws InterruptedException {
    List<MpscArrayQueue<Message>> queues = new ArrayList<>();
    List<Runnable> takers = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      MpscArrayQueue<Message> queue = new MpscArrayQueue<>(CAPACITY);
      queues.add(queue);
      takers.add(
          () -> {
            Sink sink = new Sink();
            while (sink.count < MESSAGES) {
              if (queue.drain(sink::accept, BATCH) == 0) {
                relax(consumers);
              }
            }
            check(sink);
          });
    }
    return race(
        takers,
        () -> {
          for (int i = 0; i < MESSAGES; i++) {
            for (int j = 0; j < consumers; j++) {
              while (!queues.get(j).offer(POOL[i & 1023])) {
                relax(consumers);
              }
            }
          }
        });
  }

  /** More threads than processors: whoever spins keeps the others from going on. */
  private static void relax(int consumers) {
    if (consumers + 1 > Runtime.getRuntime().availableProcessors()) {
      LockSupport.parkNanos(1);
    } else {
      Thread.onSpinWait();
    }
  }

  private static void check(Sink sink) {
    long expected = 0;
    for (int i = 0; i < MESSAGES; i++) {
      expected += i & 1023;
    }
    if (sink.sum != expected) {
      throw new IllegalStateException("other messages came than were sent");
    }
  }

  /** Work that may be interrupted. */
  private interface Work {
    void run() throws InterruptedException;
  }

  private static double race(List<Runnable> takers, Work publisher) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    CountDownLatch ready = new CountDownLatch(takers.size());
    for (Runnable taker : takers) {
      Thread thread =
          new Thread(
              () -> {
                ready.countDown();
                taker.run();
              });
      thread.start();
      threads.add(thread);
    }
    ready.await();
    long start = System.nanoTime();
    publisher.run();
    for (Thread thread : threads) {
      thread.join();
    }
    return (double) MESSAGES * takers.size() / (System.nanoTime() - start) * 1e9;
  }

  // ---- waking up

  private static void wakeUps() throws InterruptedException {
    double[][] found = new double[4][ROUNDS];
    for (int round = -2; round < ROUNDS; round++) {
      long[] bus = busWakeUps();
      long[] bare = bareWakeUps();
      if (round >= 0) {
        found[0][round] = bus[bus.length / 2] / 1e3;
        found[1][round] = bus[bus.length * 99 / 100] / 1e3;
        found[2][round] = bare[bare.length / 2] / 1e3;
        found[3][round] = bare[bare.length * 99 / 100] / 1e3;
      }
    }
    print("wake_p50_us", Loops.median(found[0]));
    print("wake_p99_us", Loops.median(found[1]));
    print("park_p50_us", Loops.median(found[2]));
    print("park_p99_us", Loops.median(found[3]));
  }

  private record Stamp(long nanos) {}

  private static long[] busWakeUps() throws InterruptedException {
    Bus bus = new Bus();
    Topic<Stamp> topic = bus.topic(Stamp.class);
    Subscription<Stamp> subscription = bus.subscribe("sleeper", Stamp.class, 16);
    long[] taken = new long[WAKE_UPS];
    Thread sleeper =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < WAKE_UPS; i++) {
                  Stamp stamp = subscription.take(PATIENCE).orElseThrow();
                  taken[i] = System.nanoTime() - stamp.nanos;
                  woken = i + 1;
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    stampAll(sleeper, topic::publish);
    Arrays.sort(taken);
    return taken;
  }

  private static volatile @Nullable Stamp slot;
  private static volatile int woken;

  private static long[] bareWakeUps() throws InterruptedException {
    long[] taken = new long[WAKE_UPS];
    Thread sleeper =
        new Thread(
            () -> {
              for (int i = 0; i < WAKE_UPS; i++) {
                Stamp stamp = slot;
                while (stamp == null) {
                  LockSupport.park();
                  stamp = slot;
                }
                taken[i] = System.nanoTime() - stamp.nanos;
                slot = null;
                woken = i + 1;
              }
            });
    stampAll(
        sleeper,
        stamp -> {
          slot = stamp;
          LockSupport.unpark(sleeper);
        });
    Arrays.sort(taken);
    return taken;
  }

  private static void stampAll(Thread sleeper, Consumer<Stamp> door) throws InterruptedException {
    woken = 0;
    sleeper.start();
    for (int i = 0; i < WAKE_UPS; i++) {
      long at = System.nanoTime() + PAUSE_NANOS;
      while (woken < i || System.nanoTime() < at) {
        Thread.onSpinWait();
      }
      door.accept(new Stamp(System.nanoTime()));
    }
    sleeper.join();
  }

  // ---- one thread

  private static void sameThread() {
    Bus bus = new Bus();
    Topic<Message> topic = bus.topic(Message.class);
    Subscription<Message> subscription = bus.subscribe("self", Message.class, 64);
    Sink sink = new Sink();
    int count = 4_000_000;
    for (int warm = 0; warm < 5; warm++) {
      publishAndTake(topic, subscription, sink, count);
    }
    double[] rates = new double[ROUNDS];
    long me = Thread.currentThread().getId();
    long before = THREADS.getThreadAllocatedBytes(me);
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      publishAndTake(topic, subscription, sink, count);
      rates[round] = count / ((System.nanoTime() - start) / 1e9);
    }
    long allocated = THREADS.getThreadAllocatedBytes(me) - before;
    print("same_rate", Loops.median(rates));
    print("same_bytes", allocated / (double) ((long) ROUNDS * count));
    if (sink.count != (ROUNDS + 5L) * count) {
      throw new IllegalStateException("messages were lost");
    }
  }

  private static void publishAndTake(
      Topic<Message> topic, Subscription<Message> subscription, Sink sink, int count) {
    for (int i = 0; i < count; i++) {
      topic.publish(POOL[i & 1023]);
      int unused = subscription.drain(sink, 1);
    }
  }

  // ---- too much

  private static void flood() throws InterruptedException {
    Bus bus = new Bus();
    Topic<Message> topic = bus.topic(Message.class);
    List<Subscription<Message>> subscriptions = new ArrayList<>();
    List<Sink> sinks = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    int count = 3 * MESSAGES;
    boolean[] over = new boolean[1];
    for (int i = 0; i < 3; i++) {
      Subscription<Message> subscription = bus.subscribe("slow" + i, Message.class, 64 << (2 * i));
      Sink sink = new Sink();
      subscriptions.add(subscription);
      sinks.add(sink);
      long nap = 100_000L * i;
      Thread thread =
          new Thread(
              () -> {
                while (true) {
                  boolean last;
                  synchronized (over) {
                    last = over[0];
                  }
                  while (subscription.drain(sink, BATCH) > 0) {
                    LockSupport.parkNanos(nap);
                  }
                  if (last) {
                    return;
                  }
                }
              });
      thread.start();
      threads.add(thread);
    }
    ThreadInfo before = THREADS.getThreadInfo(Thread.currentThread().getId());
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      topic.publish(POOL[i & 1023]);
    }
    long nanos = System.nanoTime() - start;
    ThreadInfo after = THREADS.getThreadInfo(Thread.currentThread().getId());
    synchronized (over) {
      over[0] = true;
    }
    long wrong = 0;
    for (int i = 0; i < 3; i++) {
      threads.get(i).join();
      wrong += Math.abs(count - sinks.get(i).count - subscriptions.get(i).dropped());
    }
    print("flood_wrong", (double) wrong);
    print("flood_dropped", (double) bus.dropped());
    print("flood_rate", count / (nanos / 1e9));
    print(
        "flood_waits",
        (double) (after.getWaitedCount() - before.getWaitedCount())
            + (after.getBlockedCount() - before.getBlockedCount()));
  }

  private static void print(String name, double value) {
    System.out.println(name + " " + String.format(Locale.ROOT, "%.6g", value));
  }
}
