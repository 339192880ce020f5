package org.heliostat.core.app;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.protocol.AppAction;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.AppState;

/**
 * The life cycle of one app: initialising, ready, running, stopped; after a failure it backs off,
 * each time twice as long, and begins anew, until it gives up. One thread calls {@link #advance};
 * everything else may come from any thread.
 *
 * <p>Overflow policy: beyond {@value #MOST_REQUESTS} requests that wait, further ones are refused.
 */
final class AppRunner {
  static final long FIRST_PAUSE_NANOS = 100_000_000L;
  static final long LONGEST_PAUSE_NANOS = 5_000_000_000L;

  /** Waiting for its turn or its needs, for the end of a pause, or for a command. */
  static final long IDLE_NANOS = 20_000_000L;

  private static final int MOST_REQUESTS = 8;
  private static final long SECOND = 1_000_000_000L;

  private final Services services;
  private final AppConfig config;
  private final AppFactory factory;
  private final Supplier<Boolean> mayStart;
  private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(MOST_REQUESTS);
  private volatile Optional<App> app = Optional.empty();
  private int failures;
  private long pauseNanos = FIRST_PAUSE_NANOS;
  private long pauseEnd;
  private long runningSince;
  private volatile AppState state;
  private volatile Optional<Throwable> lastFailure = Optional.empty();
  private final AtomicInteger restarts = new AtomicInteger();
  private volatile long stepNanos;
  private volatile boolean inStep;
  private volatile boolean heartbeatInhibited;
  private final AtomicLong cpuNanos = new AtomicLong();

  /**
   * Something that a command, or fault protection, wants of the app.
   *
   * @param mayStart whether a restart may start an app that is stopped by then
   * @param done called when it has been done, or refused
   */
  record Request(AppAction action, String origin, boolean mayStart, Runnable done) {}

  /**
   * @param mayStart whether those that it needs run, and those before it are initialised
   */
  AppRunner(Services services, AppConfig config, AppFactory factory, Supplier<Boolean> mayStart) {
    this.services = services;
    this.config = config;
    this.factory = factory;
    this.mayStart = mayStart;
    this.state = config.getStopped() ? AppState.STOPPED : AppState.INITIALISING;
    this.stepNanos = services.clock().hostNanos();
  }

  String name() {
    return config.getName();
  }

  AppConfig config() {
    return config;
  }

  AppState state() {
    return state;
  }

  int restarts() {
    return restarts.get();
  }

  /** Why it failed last. */
  Optional<Throwable> lastFailure() {
    return lastFailure;
  }

  /** Requests that wait in queues of its own. */
  int queued() {
    return app.map(App::queued).orElse(0);
  }

  /** Whether an operator has given up its heartbeat. */
  boolean heartbeatInhibited() {
    return heartbeatInhibited;
  }

  /** Whether it shows no sign of life for so long that the watchdog is to reset the board. */
  boolean stalled() {
    return !heartbeatInhibited && heartbeatNanos() > (long) (config.getHeartbeatSeconds() * SECOND);
  }

  /** Host time since its last step, or its end, began. */
  long heartbeatNanos() {
    return services.clock().hostNanos() - stepNanos;
  }

  /** Whether it is in a step, being started or being ended, at this moment. */
  boolean inStep() {
    return inStep;
  }

  /** Processor time that its steps have taken on their thread. */
  long cpuNanos() {
    return cpuNanos.get();
  }

  /** Whether it has been initialised, or never will be of itself. */
  boolean settled() {
    return state != AppState.INITIALISING;
  }

  /** Looks away from its heartbeat, or at it again; at once, for it may be in a step that hangs. */
  void inhibitHeartbeat(boolean inhibited, String origin) {
    heartbeatInhibited = inhibited;
    services
        .events()
        .report(CoreEvent.HEARTBEAT_INHIBITED, name(), inhibited ? "inhibited" : "enabled", origin);
  }

  /** Asks for an action; false when too many wait already. */
  boolean request(Request request) {
    return requests.offer(request);
  }

  /**
   * Does one thing of the app's life.
   *
   * @return host time in ns that may pass before the next call; 0 for none
   */
  long advance() throws InterruptedException {
    Request request = requests.poll();
    if (request != null) {
      stepNanos = services.clock().hostNanos();
      try {
        answer(request);
      } finally {
        request.done().run();
      }
      return 0;
    }
    stepNanos = services.clock().hostNanos();
    switch (state) {
      case INITIALISING -> {
        if (!mayStart.get()) {
          return IDLE_NANOS;
        }
        guarded(this::initialise);
      }
      case READY -> {
        runningSince = stepNanos;
        state = AppState.RUNNING;
        services.events().report(CoreEvent.APP_STARTED, name());
      }
      case RUNNING -> {
        guarded(this::work);
        if (failures > 0 && stepNanos - runningSince > (long) (config.getForgiveSeconds() * 1e9)) {
          failures = 0;
          pauseNanos = FIRST_PAUSE_NANOS;
        }
        return 0;
      }
      case BACKING_OFF -> {
        if (stepNanos - pauseEnd < 0) {
          return Math.min(pauseEnd - stepNanos, IDLE_NANOS);
        }
        state = AppState.INITIALISING;
      }
      default -> {
        return IDLE_NANOS;
      }
    }
    return 0;
  }

  /** Ends the app, on the thread that advances it; nothing starts it again. */
  void end() {
    close();
    if (state != AppState.GAVE_UP) {
      state = AppState.STOPPED;
    }
  }

  private void work() throws AppFailure, InterruptedException {
    if (config.getRateGroup().isEmpty()) {
      app.orElseThrow().step();
    } else {
      app.orElseThrow().cycle();
    }
  }

  private void initialise() throws AppFailure {
    try {
      app = Optional.of(factory.start(services));
    } finally {
      if (app.isEmpty()) {
        withdraw();
      }
    }
    state = AppState.READY;
  }

  private void answer(Request request) throws InterruptedException {
    switch (request.action()) {
      case START_APP -> {
        if (state == AppState.STOPPED || state == AppState.GAVE_UP) {
          begin();
        }
      }
      case STOP_APP -> {
        services.events().report(CoreEvent.APP_STOPPED, name(), request.origin());
        end();
        state = AppState.STOPPED;
      }
      case RESTART_APP -> {
        if (state == AppState.STOPPED && !request.mayStart()) {
          // stopped after it was asked for
          services.events().report(CoreEvent.APP_NOT_RESTARTED, name(), request.origin());
        } else {
          restart(request.origin());
        }
      }
      case RELOAD_APP ->
          guarded(
              () -> {
                if (app.isPresent() && !app.get().reload()) {
                  restart(request.origin());
                }
              });
      default -> {
        // checked where it was asked
      }
    }
  }

  private void restart(String origin) {
    services.events().report(CoreEvent.APP_STOPPED, name(), origin);
    restarts.incrementAndGet();
    close();
    begin();
  }

  private void begin() {
    failures = 0;
    pauseNanos = FIRST_PAUSE_NANOS;
    state = AppState.INITIALISING;
  }

  private interface Work {
    void run() throws AppFailure, InterruptedException;
  }

  private void guarded(Work work) throws InterruptedException {
    long before = services.host().threadCpuNanos();
    inStep = true;
    try {
      work.run();
    } catch (AppFailure | RuntimeException | Error e) {
      // the top of the app: whatever has ended it is an event and a restart
      failed(e);
    } finally {
      inStep = false;
      cpuNanos.addAndGet(services.host().threadCpuNanos() - before);
    }
  }

  /** It was interrupted because it hung, or has failed of itself. */
  void failed(Throwable failure) {
    if (state == AppState.STOPPED) {
      // the interrupt came when it had ended already
      return;
    }
    close();
    lastFailure = Optional.of(failure);
    services.events().report(CoreEvent.APP_FAILED, name(), describe(failure));
    if (++failures > config.getMaxRestarts()) {
      state = AppState.GAVE_UP;
      return;
    }
    restarts.incrementAndGet();
    pauseEnd = services.clock().hostNanos() + pauseNanos;
    pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
    state = AppState.BACKING_OFF;
  }

  private void close() {
    if (app.isEmpty()) {
      return;
    }
    App ended = app.get();
    app = Optional.empty();
    // first, so that nothing comes in while it ends
    withdraw();
    stepNanos = services.clock().hostNanos();
    inStep = true;
    try {
      ended.close();
    } catch (RuntimeException | Error e) {
      services.events().report(CoreEvent.APP_FAILED, name(), "while it ended: " + describe(e));
    } finally {
      inStep = false;
      // that it hung while it ended is nothing to whoever comes next
      boolean unused = Thread.interrupted();
    }
  }

  /** Nobody asks an app that has ended. */
  private void withdraw() {
    services.commands().withdraw(name());
    services.telemetry().withdrawValues(name());
  }

  private static String describe(Throwable failure) {
    List<String> stack = stack(failure, 1);
    return failure + (stack.isEmpty() ? "" : " at " + stack.get(0));
  }

  /** The uppermost lines of a failure's stack. */
  static List<String> stack(Throwable failure, int most) {
    StackTraceElement[] stack = failure.getStackTrace();
    return java.util.Arrays.stream(stack).limit(most).map(StackTraceElement::toString).toList();
  }

  /** Whether it has been in one step, or has been ending, for half of its heartbeat. */
  boolean hung() {
    return inStep
        && !heartbeatInhibited
        && heartbeatNanos() > (long) (config.getHeartbeatSeconds() * SECOND) / 2;
  }
}
