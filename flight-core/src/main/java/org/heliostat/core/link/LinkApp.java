package org.heliostat.core.link;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.Disk;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.SetTransmitter;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;

/**
 * The link to ground: takes commands and receipts, sends what the recorder holds (a window of
 * records at a time, each again until ground confirms it) and the newest housekeeping. The broker
 * is not trusted with anything: a record is freed on ground's receipt alone.
 *
 * <p>Overflow policy: packets from ground beyond {@value #INBOUND_PACKETS} unread ones are dropped
 * and counted; ground repeats both commands and receipts.
 */
public final class LinkApp implements App {
  static final int INBOUND_PACKETS = 1024;

  /** Taken in one step: whoever sends without end must not keep the rest from its turn. */
  static final int PACKETS_A_STEP = 64;

  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(3);
  private static final long IDLE_MILLIS = 20;

  /** No housekeeping set is called so. */
  private static final String STREAM = "the downlink";

  private static final int MOST_UNREADABLE = 1_000;
  private static final long FAREWELL_NANOS = 3_000_000_000L;

  private final Services services;
  private final LinkGate gate;
  private final MqttPort port;
  private final String downlinkTopic;
  private final int window;
  private final long windowBytes;
  private final long resendNanos;
  private final long reconnectNanos;
  private final BlockingQueue<byte[]> inbound = new ArrayBlockingQueue<>(INBOUND_PACKETS);
  private final Transmitter transmitter;
  private final Map<Long, Long> sentAt = new HashMap<>();
  private final Set<Long> unreadable = new HashSet<>();
  private final AtomicLong badPackets = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private boolean up;
  private boolean silent;
  private boolean recorderFailed;
  private long nextConnect;

  /** Offers the app as {@code link}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "link";
    }

    @Override
    public App start(Services services) throws AppFailure {
      int spacecraft = services.mission().getSpacecraftId();
      Topics topics = new Topics(spacecraft);
      return new LinkApp(
          services,
          gate(services),
          topics,
          receiver ->
              new MqttPort(
                  services.brokerUrl(),
                  "heliostat-" + spacecraft,
                  topics.uplink(),
                  CONNECT_DEADLINE,
                  receiver));
    }

    private static LinkGate gate(Services services) throws AppFailure {
      SecureRandom random = new SecureRandom();
      Path folder = services.keys();
      try {
        byte[] secret = KeyFile.readSecret(folder.resolve(KeyFile.SECRET));
        KeyStore keys =
            KeyStore.open(
                new KeyFile(services.data().resolve("keys.bin"), secret, random::nextBytes),
                new KeyFile(folder.resolve(KeyFile.LAUNCHED), secret, random::nextBytes),
                new Disk("key-disk", 2, Disk.DEADLINE_NANOS));
        Arrays.fill(secret, (byte) 0);
        if (keys.asLaunched()) {
          services.events().report(CoreEvent.KEYS_AS_LAUNCHED);
        }
        services
            .commands()
            .handle("link", CommandCase.LOAD_KEY, new LoadKeyCommand(keys, services.events()));
        return new LinkGate(
            keys,
            new LinkSeal(services.mission().getSpacecraftId()),
            random::nextLong,
            services.events());
      } catch (IOException e) {
        throw new AppFailure("no keys in " + folder + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * A link that is down.
   *
   * @param ports makes the port that gives its receiver what comes from ground
   */
  LinkApp(
      Services services, LinkGate gate, Topics topics, Function<Consumer<byte[]>, MqttPort> ports) {
    this.services = services;
    this.gate = gate;
    this.downlinkTopic = topics.downlink();
    services.telemetry().contribute(housekeeping);
    this.transmitter = new Transmitter(services.state(), services.clock());
    services.commands().handle("link", CommandCase.SET_TRANSMITTER, this::setTransmitter);
    LinkConfig config = services.mission().getLink();
    this.window = config.getWindow();
    this.windowBytes = config.getWindowKibibytes() * 1024L;
    this.resendNanos = (long) (config.getResendSeconds() * 1e9);
    this.reconnectNanos = (long) (config.getReconnectSeconds() * 1e9);
    this.port =
        ports.apply(
            packet -> {
              if (!inbound.offer(packet)) {
                dropped.incrementAndGet();
              }
            });
    this.nextConnect = services.clock().hostNanos();
  }

  @Override
  public void step() throws InterruptedException {
    byte[] packet = inbound.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
    for (int taken = 1; packet != null; taken++) {
      receive(packet);
      packet = taken < PACKETS_A_STEP ? inbound.poll() : null;
    }
    if (port.connected()) {
      if (transmitter.silentNanos() == 0) {
        if (silent) {
          silent = false;
          services.events().report(CoreEvent.TRANSMITTER, "speaks again");
        }
        sendRecords();
        sendHousekeeping();
      } else {
        silent = true;
      }
    } else {
      reconnect();
    }
  }

  private void reconnect() {
    if (up) {
      up = false;
      services.events().report(CoreEvent.LINK_DOWN);
    }
    if (services.clock().hostNanos() - nextConnect < 0) {
      return;
    }
    if (port.connect()) {
      up = true;
      sentAt.clear();
      services.events().report(CoreEvent.LINK_UP);
    }
    nextConnect = services.clock().hostNanos() + reconnectNanos;
  }

  private void receive(byte[] sealed) {
    Optional<LinkGate.Inbound> inside = gate.open(sealed);
    if (inside.isEmpty()) {
      badPacket();
      return;
    }
    LinkGate.Inbound packet = inside.get();
    try {
      Uplink uplink = Uplink.parseFrom(packet.packet());
      switch (uplink.getBodyCase()) {
        case TELECOMMAND -> command(packet, uplink.getTelecommand());
        case RECEIPT -> {
          if (packet.kind() != PacketKind.RECEIPT) {
            badPacket();
            return;
          }
          // first, for they may be freed although the disk keeps nobody informed
          uplink.getReceipt().getRecordsList().forEach(sentAt::remove);
          services.recorder().confirm(uplink.getReceipt().getRecordsList());
        }
        case BODY_NOT_SET -> badPacket();
      }
    } catch (InvalidProtocolBufferException e) {
      badPacket();
    } catch (RecorderFault e) {
      recorderFault(e);
    }
  }

  private void command(LinkGate.Inbound packet, Telecommand command) {
    if (packet.kind() != PacketKind.COMMAND || packet.counter() != command.getCounter()) {
      badPacket();
    } else if (services.commands().submit(command, packet.authority())) {
      heard();
    }
  }

  /** Ground is there, and not somebody with an old command: the command-loss timer begins anew. */
  private void heard() {
    services.state().update(next -> next.setLastCommandNanos(services.clock().missionNanos()));
  }

  private void setTransmitter(Telecommand command, Execution execution) {
    SetTransmitter wanted = command.getSetTransmitter();
    if (wanted.getSilent()) {
      transmitter.silence((long) (wanted.getForSeconds() * 1e9));
      services
          .events()
          .report(CoreEvent.TRANSMITTER, "is silent for " + wanted.getForSeconds() + " s");
    } else {
      transmitter.speak();
    }
    execution.complete();
  }

  private void fill(Housekeeping.Builder packet) {
    packet
        .setBadPackets(badPackets.get())
        .setPacketsDropped(dropped.get())
        .setKeys(
            gate.keyStatus().toBuilder()
                .setCommandCounter(services.commands().highestCounter())
                .setReplayed(services.commands().replayed()));
  }

  private void badPacket() {
    services.events().report(CoreEvent.BAD_PACKET, badPackets.incrementAndGet());
  }

  private void recorderFault(RecorderFault fault) {
    if (!recorderFailed) {
      services.events().report(CoreEvent.RECORDER_FAILED, String.valueOf(fault.getMessage()));
    }
    recorderFailed = true;
  }

  private void sendRecords() {
    long now = services.clock().hostNanos();
    long underWay = 0;
    List<Recorder.Pending> pending = services.recorder().pending(window + unreadable.size());
    if (sentAt.size() > pending.size() + MOST_UNREADABLE) {
      // what has expired or was deleted is confirmed by nobody
      sentAt.keySet().retainAll(pending.stream().map(Recorder.Pending::id).toList());
    }
    for (Recorder.Pending record : pending) {
      if (!unreadable.contains(record.id())) {
        // the first one goes whatever its size
        if (underWay > 0 && underWay + record.bytes() > windowBytes) {
          return;
        }
        underWay += record.bytes();
      }
      Long sent = sentAt.get(record.id());
      if (sent != null && now - sent < resendNanos) {
        continue;
      }
      try {
        byte[] body = services.recorder().read(record.id());
        if (body.length == 0) {
          continue;
        }
        if (!send(Downlink.newBuilder().setRecord(record.id()), body, 1)) {
          return;
        }
        sentAt.put(record.id(), now);
        recorderFailed = false;
        boolean unused = unreadable.remove(record.id());
      } catch (RecorderFault e) {
        // one that does not read must not hold up those behind it, and is told of once
        if (unreadable.size() >= MOST_UNREADABLE) {
          unreadable.clear();
        }
        if (unreadable.add(record.id())) {
          underWay -= record.bytes();
          recorderFault(e);
        }
        sentAt.put(record.id(), now);
      }
    }
  }

  private void sendHousekeeping() {
    Optional<Housekeeping> newest = services.telemetry().take();
    if (newest.isPresent()) {
      boolean unused = send(Downlink.newBuilder().setHousekeeping(newest.get()), new byte[0], 0);
    }
  }

  /**
   * Sends what is built and what is stored as one packet, with its time. Protobuf messages merge
   * when their bytes are joined, so a stored body need not be parsed.
   */
  private boolean send(Downlink.Builder packet, byte[] stored, int qos) {
    byte[] head =
        packet
            .setStreamSequence(services.telemetry().nextSequence(STREAM))
            .setSentMissionNanos(services.clock().missionNanos())
            .setSentUtcNanos(services.clock().utcNanos())
            .setUtcQuality(services.clock().quality())
            .build()
            .toByteArray();
    byte[] joined = Arrays.copyOf(head, head.length + stored.length);
    System.arraycopy(stored, 0, joined, head.length, stored.length);
    Optional<byte[]> sealed = gate.seal(joined);
    if (sealed.isEmpty() || !port.publish(downlinkTopic, sealed.get(), qos)) {
      return false;
    }
    int length = sealed.get().length;
    services.state().update(next -> next.setSentBytes(next.getSentBytes() + length));
    return true;
  }

  @Override
  public int queued() {
    return inbound.size();
  }

  /** While ground is there, what is left goes out first, for a bounded time. */
  @Override
  public void close() {
    long start = services.clock().hostNanos();
    try {
      while (port.connected()
          && transmitter.silentNanos() == 0
          && services.recorder().pendingRecords() > 0
          && services.clock().hostNanos() - start < FAREWELL_NANOS) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      services.telemetry().withdraw(housekeeping);
      port.close();
      gate.close();
    }
  }
}
