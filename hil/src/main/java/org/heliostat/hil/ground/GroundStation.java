package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.KeyStatus;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.MqttConfig;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.PacketQueue;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.TlsMaterial;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;

/**
 * The station: one thread that takes packets, keeps them, sends receipts and commands, and writes
 * {@code ground.json} with what it has counted.
 */
final class GroundStation implements AutoCloseable {
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(2);
  private static final long RECONNECT_NANOS = 200_000_000L;
  private static final long STATUS_NANOS = 300_000_000L;
  private static final long INDEX_NANOS = 2_000_000_000L;
  private static final long LOOK_MILLIS = 20;
  private static final int PACKETS_AT_ONCE = 64;

  /** Packets that have come and not been taken; what does not fit is sent again. */
  private static final int MOST_PACKETS = 256;

  private static final long MOST_BYTES = 32L * MqttPort.MAX_PAYLOAD_BYTES;

  private final StatusFile statusFile;
  private final LongSupplier hostNanos;
  private final GroundKeys keys;
  private final TelemetryGate gate;
  private final SecureUplink uplink;
  private final Topics topics;
  private final String brokerUrl;
  private final MqttPort port;
  private final PacketQueue inbound = new PacketQueue(MOST_PACKETS, MOST_BYTES);
  private final Counters counters = new Counters();
  private final DiskArchive archive;
  private final GroundEvents events;
  private final PartJournal parts;
  private final Receiver receiver;
  private final CommandDesk desk;
  private final UploadDesk uploads;
  private final NewestHousekeeping newest = new NewestHousekeeping();

  /** Of the broker, as it was told last. */
  private Optional<String> brokerTrouble = Optional.empty();

  private long nextConnect;
  private long nextStatus;
  private long nextIndex;

  /**
   * Where the broker is.
   *
   * @param tls certificates; none for a connection in clear
   */
  record Broker(String url, Optional<TlsMaterial> tls) {}

  GroundStation(
      Path out,
      Broker broker,
      int spacecraft,
      GroundKeys keys,
      MissionTime time,
      LongSupplier hostNanos)
      throws IOException {
    this.statusFile = new StatusFile(out.resolve("ground.json"), counters);
    this.hostNanos = hostNanos;
    this.keys = keys;
    this.topics = new Topics(spacecraft);
    this.brokerUrl = broker.url();
    this.archive =
        new DiskArchive(
            out,
            new MissionUtc(time.missionEpochNanos(), time.utcEpochNanos()),
            spacecraft,
            counters);
    LinkSeal seal = new LinkSeal(spacecraft);
    this.gate = new TelemetryGate(keys, seal, out.resolve("heard-packets"));
    this.uplink =
        new SecureUplink(keys, seal, new SecureRandom()::nextLong, time::utcNanos, this::publish);
    this.events = new GroundEvents(archive::groundEvent, counters);
    this.desk =
        new CommandDesk(
            new CommandCounter(out.resolve("command-counter")),
            AuditLog.open(
                out.resolve("commands.jsonl"), InstantSource.system(), archive.newestReports()),
            uplink);
    this.parts = new PartJournal(ArchiveFiles.DISK.open(out.resolve("parts.bin")));
    this.receiver =
        new Receiver(
            gate::open, archive, this::send, this::housekeeping, desk, events, counters, parts);
    parts.replay(receiver::resume);
    this.uploads =
        new UploadDesk(
            message -> uplink.send(PacketKind.FILE, message), desk::noteUpload, hostNanos);
    receiver.tellOfUploads(uploads::take);
    this.port =
        new MqttPort(
            MqttConfig.of(
                    broker.url(),
                    "heliostat-ground-" + spacecraft + "-" + ProcessHandle.current().pid(),
                    topics.downlink(),
                    CONNECT_DEADLINE)
                .withTls(broker.tls())
                .withClock(hostNanos),
            inbound::offer);
    long now = hostNanos.getAsLong();
    nextConnect = now;
    nextStatus = now;
    nextIndex = now;
  }

  CommandDesk desk() {
    return desk;
  }

  KeyRotation rotation() {
    return new KeyRotation(keys, desk, uplink::probe, hostNanos);
  }

  UploadDesk uploads() {
    return uploads;
  }

  /** Works until told to stop. */
  void run(BooleanSupplier stop) throws InterruptedException {
    while (!stop.getAsBoolean()) {
      Optional<byte[]> packet = inbound.poll(LOOK_MILLIS);
      for (int taken = 1; packet.isPresent(); taken++) {
        take(packet.get());
        packet = taken <= PACKETS_AT_ONCE ? inbound.poll() : Optional.empty();
      }
      long now = hostNanos.getAsLong();
      receiver.flush(now);
      desk.tick(now);
      connect(now);
      status(now);
    }
  }

  private void take(byte[] packet) {
    receiver.receive(packet, hostNanos.getAsLong());
  }

  private boolean send(Uplink message) {
    return uplink.send(PacketKind.RECEIPT, message);
  }

  private boolean publish(byte[] packet) {
    return port.publish(topics.uplink(), packet, 1);
  }

  private void housekeeping(Housekeeping packet) {
    newest.take(packet);
    if (packet.hasKeys()) {
      desk.taken(packet.getKeys().getCommandCounter());
      takeKeys(packet.getKeys());
    }
    try {
      archive.telemetry(packet);
    } catch (IOException e) {
      counters.telemetryLost++;
    }
  }

  private void takeKeys(KeyStatus status) {
    try {
      keys.take(status);
    } catch (IOException e) {
      GroundLog.say("keys: " + e);
    }
  }

  private void connect(long now) {
    if (port.connected() || now - nextConnect < 0) {
      return;
    }
    if (port.connect()) {
      brokerTrouble = Optional.empty();
    } else if (port.trouble().isPresent() && !port.trouble().equals(brokerTrouble)) {
      brokerTrouble = port.trouble();
      events.report(Severity.WARNING, 4, "BROKER_REFUSED", brokerTrouble.get());
    }
    nextConnect = hostNanos.getAsLong() + RECONNECT_NANOS;
  }

  private void status(long now) {
    if (now - nextStatus < 0) {
      return;
    }
    nextStatus = now + STATUS_NANOS;
    events.flush();
    writeStatus();
    if (now - nextIndex >= 0) {
      nextIndex = now + INDEX_NANOS;
      writeIndex();
      noteHeard();
    }
  }

  private void writeIndex() {
    try {
      archive.catalogue().writeIndex();
    } catch (IOException e) {
      // it is made from what is stored, and tried again
      GroundLog.say("catalogue: " + e);
    }
  }

  private void noteHeard() {
    try {
      gate.note();
    } catch (IOException e) {
      GroundLog.say("heard packets: " + e);
    }
  }

  private void writeStatus() {
    counters.overflowed = inbound.dropped();
    JsonObject json = new JsonObject();
    json.addProperty("broker", brokerUrl);
    json.addProperty("connected", port.connected());
    port.trouble().ifPresent(why -> json.addProperty("broker_trouble", why));
    json.addProperty("broker_refused", port.refused());
    json.add("link", counters.json());
    json.add("products", archive.catalogue().json());
    json.add("commands", desk.json());
    json.add("ground_events", events.json());
    if (!newest.isEmpty()) {
      json.add("housekeeping", newest.values());
      json.add("housekeeping_times", newest.times());
    }
    statusFile.write(json);
  }

  /** Stores and confirms what has come, writes the last status and lets go of everything. */
  @Override
  public void close() throws IOException {
    for (Optional<byte[]> packet = inbound.poll(); packet.isPresent(); packet = inbound.poll()) {
      take(packet.get());
    }
    receiver.flushNow();
    port.close();
    noteHeard();
    try (keys;
        archive;
        desk;
        parts) {
      sayFarewell();
    }
  }

  private void sayFarewell() {
    events.report(
        Severity.INFO, 3, "STATION_ENDS", counters.records + " records kept, station closes");
    writeIndex();
    writeStatus();
  }
}
