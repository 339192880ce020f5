package org.heliostat.core.app;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.hal.Host;
import org.heliostat.protocol.AppAction;
import org.heliostat.protocol.AppClass;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.AppState;
import org.heliostat.protocol.RateGroupConfig;
import org.heliostat.protocol.RateGroupStatus;

/**
 * Runs the apps of the mission file: each on a thread of its own or in its rate group, begun in
 * their order, each once those that it needs run. A failed app is started anew after a pause that
 * doubles; one that fails too often ends the process, which the board's service manager starts
 * again. Started and stopped by the main thread; the rest is thread-safe.
 */
public final class Executive implements AppControl {
  private static final long END_MILLIS = 8_000;
  private static final long LEAVE_MILLIS = 4_000;

  /** Ends after all others: with it the watchdog is closed, which is kicked while they end. */
  private static final String LAST = "hardware";

  private static final long LAST_MILLIS = 3_000;
  private static final int STACK_LINES = 8;

  private final Services services;
  private final Map<String, AppRunner> runners = new LinkedHashMap<>();
  private final Map<String, Thread> threads = new LinkedHashMap<>();
  private final List<RateGroup> groups = new ArrayList<>();
  private final Map<String, String> scheduling = new ConcurrentHashMap<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Set<String> interrupted = new HashSet<>();
  private volatile boolean stopping;
  private volatile boolean stoppingLast;
  private volatile Optional<Ending> ending = Optional.empty();

  /**
   * Why the process is to end without having been told to by a signal.
   *
   * @param app the app that has failed too often; empty where nobody is to blame
   * @param stack the uppermost lines of the failure's stack
   * @param commanded whether ground wanted it
   */
  public record Ending(
      String reason, Optional<String> app, List<String> stack, boolean commanded) {}

  private Executive(Services services) {
    this.services = services;
  }

  /**
   * Starts the mission's apps.
   *
   * @param offered what there is to start
   * @param wanted which of them; safe mode and the golden configuration leave some out
   */
  public static Executive start(
      Services services, OfferedApps offered, Predicate<AppConfig> wanted) {
    Executive executive = new Executive(services);
    for (AppConfig config : services.mission().getAppsList()) {
      AppFactory factory = offered.factory(config);
      AppConfig mine = wanted.test(config) ? config : config.toBuilder().setStopped(true).build();
      List<AppRunner> before = List.copyOf(executive.runners.values());
      executive.runners.put(
          config.getName(),
          new AppRunner(services, mine, factory, () -> executive.mayStart(mine, before)));
    }
    services.apps().runBy(executive);
    executive.startThreads();
    return executive;
  }

  /**
   * Has the executive carry out its commands and say in housekeeping how the apps are.
   *
   * @param goldenNext has the next boot start the golden configuration
   */
  public void register(GoldenWish goldenNext) {
    new ExecutiveCommands(services, this, goldenNext).register();
    ExecutiveTelemetry telemetry = new ExecutiveTelemetry(services, this);
    services.telemetry().contribute(telemetry::fill);
  }

  /** Only apps that safe mode needs. */
  public static boolean platform(AppConfig config) {
    return config.getAppClass() == AppClass.PLATFORM;
  }

  /** Name of the thread that an app runs on. */
  static String threadOf(AppConfig config) {
    return config.getRateGroup().isEmpty()
        ? "app-" + config.getName()
        : threadOfGroup(config.getRateGroup());
  }

  private static String threadOfGroup(String rateGroup) {
    return "rate-" + rateGroup;
  }

  private void startThreads() {
    for (RateGroupConfig config : services.mission().getExecutive().getRateGroupsList()) {
      List<AppRunner> members =
          runners.values().stream()
              .filter(runner -> runner.config().getRateGroup().equals(config.getName()))
              .toList();
      if (!members.isEmpty()) {
        RateGroup group = new RateGroup(services, config, members);
        groups.add(group);
        String name = threadOfGroup(config.getName());
        thread(
            name,
            () -> {
              group.scheduling(schedule(name, config.getPriority(), config.getProcessor()));
              members.forEach(
                  member -> scheduling.put(member.name(), "rate group " + config.getName()));
              group.run();
            });
      }
    }
    for (AppRunner runner : runners.values()) {
      if (runner.config().getRateGroup().isEmpty()) {
        String name = threadOf(runner.config());
        thread(
            name,
            () -> {
              AppConfig config = runner.config();
              scheduling.put(
                  runner.name(), schedule(name, config.getPriority(), config.getProcessor()));
              run(runner);
            });
      }
    }
    threads.values().forEach(Thread::start);
  }

  private void thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    threads.put(name, thread);
  }

  private String schedule(String thread, int priority, int processor) {
    int ceiling = services.mission().getExecutive().getRealtimePriority();
    String text = "other";
    if (priority > 0 && ceiling > 0) {
      Host.Answer answer = services.host().schedule(Math.min(priority, ceiling));
      text = answer.granted() ? answer.text() : text;
      if (!answer.granted()) {
        services.events().report(CoreEvent.SCHEDULING_REFUSED, thread, "SCHED_FIFO", answer.text());
      }
    }
    if (processor >= 0) {
      Host.Answer answer = services.host().pin(processor);
      if (answer.granted()) {
        text += ", " + answer.text();
      } else {
        services
            .events()
            .report(CoreEvent.SCHEDULING_REFUSED, thread, "a processor", answer.text());
      }
    }
    return text;
  }

  private boolean mayStart(AppConfig config, List<AppRunner> before) {
    return before.stream().allMatch(AppRunner::settled)
        && config.getNeedsList().stream()
            .map(need -> Optional.ofNullable(runners.get(need)))
            .allMatch(need -> need.isPresent() && need.get().state() == AppState.RUNNING);
  }

  private void run(AppRunner runner) {
    while (!isToEnd(runner)) {
      try {
        long pause = runner.advance();
        if (runner.state() == AppState.GAVE_UP) {
          giveUp(runner);
        }
        if (pause > 0) {
          TimeUnit.NANOSECONDS.sleep(pause);
        }
      } catch (InterruptedException e) {
        if (!isToEnd(runner)) {
          runner.failed(e);
        }
      }
    }
    runner.end();
  }

  private boolean isToEnd(AppRunner runner) {
    return runner.name().equals(LAST) ? stoppingLast : stopping;
  }

  private void giveUp(AppRunner runner) {
    if (ending.isPresent() || stopping) {
      return;
    }
    services
        .events()
        .report(CoreEvent.APP_GAVE_UP, runner.name(), runner.config().getMaxRestarts());
    Optional<Throwable> failure = runner.lastFailure();
    end(
        new Ending(
            "app " + runner.name() + " failed: " + failure.map(String::valueOf).orElse(""),
            Optional.of(runner.name()),
            failure.map(thrown -> AppRunner.stack(thrown, STACK_LINES)).orElse(List.of()),
            false));
  }

  private synchronized void end(Ending why) {
    if (ending.isEmpty() && over.getCount() > 0) {
      ending = Optional.of(why);
      over.countDown();
    }
  }

  /**
   * Looks after the apps; to be called about once a second, by any one thread. An app that has been
   * in one step, or has been ending, for half of its heartbeat is interrupted; from a step it is
   * started anew if it lets itself be interrupted.
   */
  public void look() {
    for (AppRunner runner : runners.values()) {
      if (runner.state() == AppState.GAVE_UP) {
        giveUp(runner);
      }
      if (runner.hung() && interrupted.add(runner.name())) {
        services
            .events()
            .report(CoreEvent.APP_HUNG, runner.name(), runner.heartbeatNanos() / 1_000_000_000L);
        Thread thread = threads.get(threadOf(runner.config()));
        if (thread != null) {
          thread.interrupt();
        }
      } else if (!runner.hung()) {
        interrupted.remove(runner.name());
      }
    }
  }

  /** Whether all apps that are to run do. */
  public boolean operational() {
    return runners.values().stream()
        .allMatch(
            runner -> runner.state() == AppState.RUNNING || runner.state() == AppState.STOPPED);
  }

  /**
   * Waits until {@link #requestStop} is called or the process has to end for another reason.
   *
   * @param meanwhile done once a second of host time
   */
  public Optional<Ending> await(Runnable meanwhile) throws InterruptedException {
    while (!over.await(1, TimeUnit.SECONDS)) {
      meanwhile.run();
    }
    return ending;
  }

  /** Apps without a sign of life for longer than the mission allows them. */
  public List<String> stalled() {
    return runners.values().stream()
        .filter(runner -> runner.stalled() && !besideAnInhibitedOne(runner))
        .map(AppRunner::name)
        .toList();
  }

  /** An app that is let hang holds up its whole rate group. */
  private boolean besideAnInhibitedOne(AppRunner stalled) {
    String thread = threadOf(stalled.config());
    return runners.values().stream()
        .anyMatch(
            runner ->
                runner.heartbeatInhibited()
                    && runner.inStep()
                    && threadOf(runner.config()).equals(thread));
  }

  /** Ends {@link #await}, from any thread. */
  public void requestStop() {
    over.countDown();
  }

  /**
   * Ends the apps, all at once; one that does not end of itself in {@value #END_MILLIS} ms is
   * interrupted, and left behind after {@value #LEAVE_MILLIS} ms more. Only then ends the app
   * {@value #LAST}, for which it is {@value #LAST_MILLIS} ms each.
   */
  public void stop() throws InterruptedException {
    stopping = true;
    over.countDown();
    groups.forEach(RateGroup::requestEnd);
    List<Thread> others = new ArrayList<>(threads.values());
    List<Thread> last = Optional.ofNullable(threads.get("app-" + LAST)).stream().toList();
    others.removeAll(last);
    end(others, END_MILLIS, LEAVE_MILLIS);
    stoppingLast = true;
    end(last, LAST_MILLIS, LAST_MILLIS);
  }

  private static void end(List<Thread> some, long endMillis, long leaveMillis)
      throws InterruptedException {
    join(some, endMillis);
    some.forEach(Thread::interrupt);
    join(some, leaveMillis);
  }

  /** Waits for threads, for all of them together. */
  private static void join(List<Thread> some, long millis) throws InterruptedException {
    long start = System.nanoTime();
    for (Thread thread : some) {
      long rest = millis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      // 0 would wait for ever
      thread.join(Math.max(1, rest));
    }
  }

  @Override
  public boolean restart(String app, String why) {
    AppRunner runner = runners.get(app);
    if (runner == null || runner.state() == AppState.STOPPED) {
      // whoever has stopped it had a reason, and ground alone starts it again
      return false;
    }
    return control(app, AppAction.RESTART_APP, why, false, () -> {}).isEmpty();
  }

  @Override
  public void restartProcess(String why) {
    restartProcess(why, false);
  }

  /**
   * Ends the process, to be started anew.
   *
   * @param commanded whether ground wants it
   */
  void restartProcess(String why, boolean commanded) {
    services.events().report(CoreEvent.PROCESS_RESTART, why);
    end(new Ending(why, Optional.empty(), List.of(), commanded));
  }

  /**
   * Asks an app for something.
   *
   * @param origin who wants it, for events
   * @param mayStart whether a restart may start an app that is stopped
   * @param done called when it has been done, mostly on the app's thread
   * @return why it cannot be; empty where it will be
   */
  Optional<String> control(
      String app, AppAction action, String origin, boolean mayStart, Runnable done) {
    AppRunner runner = runners.get(app);
    if (runner == null) {
      return Optional.of("no app is called " + app + "; there are " + runners.keySet());
    }
    if (action == AppAction.INHIBIT_HEARTBEAT || action == AppAction.ENABLE_HEARTBEAT) {
      runner.inhibitHeartbeat(action == AppAction.INHIBIT_HEARTBEAT, origin);
      done.run();
      return Optional.empty();
    }
    return runner.request(new AppRunner.Request(action, origin, mayStart, done))
        ? Optional.empty()
        : Optional.of("too much waits for app " + app + " already");
  }

  /** Where an app of the mission is in its life. */
  AppState stateOf(String app) {
    return Optional.ofNullable(runners.get(app)).orElseThrow().state();
  }

  /** The apps, in the order of the mission file. */
  List<AppRunner> runners() {
    return List.copyOf(runners.values());
  }

  /** How the thread of an app is scheduled. */
  String scheduling(String app) {
    return scheduling.getOrDefault(app, "");
  }

  /** The rate groups that have apps. */
  List<RateGroupStatus> rateGroups() {
    return groups.stream().map(RateGroup::status).toList();
  }
}
