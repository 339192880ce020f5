package org.heliostat.core.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.protocol.AppConfig;

/**
 * Runs the apps of the mission file, each on a thread of its own, in their order. A failed app is
 * started anew after a pause that doubles; one that fails too often ends the process, which the
 * board's service manager starts again. Owned by the main thread.
 */
public final class Executive {
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;
  private static final long JOIN_MILLIS = 8_000;

  private final Services services;
  private final List<Runner> runners = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean stopping;
  private volatile Optional<String> givenUp = Optional.empty();

  private Executive(Services services) {
    this.services = services;
  }

  /** All offered apps by name; a doubled name is an error. */
  public static Map<String, AppFactory> offered() {
    Map<String, AppFactory> byName = new LinkedHashMap<>();
    for (AppFactory factory : ServiceLoader.load(AppFactory.class)) {
      AppFactory other = byName.putIfAbsent(factory.name(), factory);
      if (other != null) {
        throw new IllegalStateException(
            "two apps are called \""
                + factory.name()
                + "\": "
                + other.getClass().getName()
                + " and "
                + factory.getClass().getName());
      }
    }
    return byName;
  }

  /** Starts the mission's apps. */
  public static Executive start(Services services, Map<String, AppFactory> offered) {
    Executive executive = new Executive(services);
    for (AppConfig config : services.mission().getAppsList()) {
      AppFactory factory = offered.get(config.getName());
      if (factory == null) {
        throw new IllegalArgumentException("no app is called \"" + config.getName() + "\"");
      }
      Runner runner = executive.new Runner(factory, config.getMaxRestarts());
      executive.runners.add(runner);
      runner.thread.start();
    }
    return executive;
  }

  /**
   * Waits until {@link #requestStop} is called or an app has failed too often; the name of that
   * app.
   */
  public Optional<String> await() throws InterruptedException {
    over.await();
    return givenUp;
  }

  /** Apps whose last step began longer ago than that, in host time. Thread-safe. */
  public List<String> stalled(long limitNanos) {
    long now = services.clock().hostNanos();
    return runners.stream()
        .filter(runner -> !runner.ended && now - runner.stepNanos > limitNanos)
        .map(runner -> runner.factory.name())
        .toList();
  }

  /** Ends {@link #await}, from any thread. */
  public void requestStop() {
    over.countDown();
  }

  /** Ends the apps, last first; an app that does not end within its deadline is left behind. */
  public void stop() throws InterruptedException {
    stopping = true;
    for (int i = runners.size() - 1; i >= 0; i--) {
      Thread thread = runners.get(i).thread;
      runners.get(i).ended = true;
      thread.join(JOIN_MILLIS);
      thread.interrupt();
      thread.join(JOIN_MILLIS);
    }
    over.countDown();
  }

  private final class Runner implements Runnable {
    private final AppFactory factory;
    private final int maxRestarts;
    private final Thread thread;
    private volatile boolean ended;
    private volatile long stepNanos = services.clock().hostNanos();

    private Runner(AppFactory factory, int maxRestarts) {
      this.factory = factory;
      this.maxRestarts = maxRestarts;
      this.thread = new Thread(this, "app-" + factory.name());
      thread.setDaemon(true);
    }

    @Override
    public void run() {
      long pause = FIRST_PAUSE_MILLIS;
      for (int failures = 0; !ended; ) {
        try (App app = factory.start(services)) {
          services.events().report(CoreEvent.APP_STARTED, factory.name());
          while (!ended) {
            stepNanos = services.clock().hostNanos();
            app.step();
          }
        } catch (InterruptedException e) {
          return;
        } catch (AppFailure | RuntimeException | Error e) {
          // the top of the app's thread: whatever has ended the app is an event and a restart
          if (ended && stopping) {
            return;
          }
          services.events().report(CoreEvent.APP_FAILED, factory.name(), describe(e));
          if (++failures > maxRestarts) {
            services.events().report(CoreEvent.APP_GAVE_UP, factory.name(), maxRestarts);
            givenUp = Optional.of(factory.name());
            over.countDown();
            return;
          }
          try {
            TimeUnit.MILLISECONDS.sleep(pause);
          } catch (InterruptedException interrupted) {
            return;
          }
          pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
      }
    }
  }

  private static String describe(Throwable failure) {
    StackTraceElement[] stack = failure.getStackTrace();
    return failure + (stack.length == 0 ? "" : " at " + stack[0]);
  }
}
