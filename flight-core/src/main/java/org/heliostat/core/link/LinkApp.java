package org.heliostat.core.link;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.Changes;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.PacketQueue;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.SetTransmitter;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadStatus;

/**
 * The link to ground: keeps the connection up while a pass is open, takes commands and receipts,
 * and gives {@link Downlinker} its turn, then the newest housekeeping. The broker is not trusted
 * with anything: a record is freed on ground's receipt alone.
 *
 * <p>Overflow policy: packets from ground beyond {@value #INBOUND_PACKETS} unread ones, or {@value
 * #INBOUND_BYTES} bytes of them, are dropped and counted; ground repeats commands, receipts and
 * parts of files. Parts of files go to the app of uploads over the bus, whose queue counts what it
 * has no room for.
 */
public final class LinkApp implements App {
  static final int INBOUND_PACKETS = 1024;

  /** Of all that are unread: eight of the largest that there are. */
  static final long INBOUND_BYTES = 8L * MqttPort.MAX_PAYLOAD_BYTES;

  /** Taken in one step: whoever sends without end must not keep the rest from its turn. */
  static final int PACKETS_A_STEP = 64;

  /** Words about uploads that wait; ground asks again for what was dropped. */
  private static final int MOST_STATUS = 32;

  private static final long IDLE_MILLIS = 20;

  private static final long FAREWELL_NANOS = 3_000_000_000L;

  private final Services services;
  private final LinkGate gate;
  private final MqttPort port;
  private final long reconnectNanos;
  private final PacketQueue inbound = new PacketQueue(INBOUND_PACKETS, INBOUND_BYTES);
  private final Transmitter transmitter;
  private final PassKeeper passes;
  private final PacketWriter writer;
  private final Downlinker downlinker;
  private final Beacons beacons = new Beacons();
  private final Subscription<UploadStatus> uploads;
  private final AtomicLong badPackets = new AtomicLong();
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private Optional<String> refused = Optional.empty();
  private boolean up;
  private boolean silent;
  private long nextConnect;

  /** Offers the app as {@code link}. */
  public static final class Factory implements AppFactory {
    // a change of the keys that one app was left with concerns the next one, too
    private final Changes keyChanges = new Changes();

    @Override
    public String name() {
      return "link";
    }

    @Override
    public App start(Services services) throws AppFailure {
      int spacecraft = services.mission().getSpacecraftId();
      Topics topics = new Topics(spacecraft);
      LinkGate gate = LinkGate.open(services, keyChanges);
      return new LinkApp(
          services,
          gate,
          topics,
          (int) gate.run(),
          receiver -> BrokerPort.open(services, topics, receiver));
    }

    @Override
    public Optional<TableDefinition> table(String name, Mission mission) {
      return Stream.of(Downlinker.TABLE, PassKeeper.TABLE)
          .filter(table -> table.name().equals(name))
          .findFirst();
    }
  }

  /**
   * A link that is down.
   *
   * @param run a number that no other start of a link is likely to have
   * @param ports makes the port that gives its receiver what comes from ground
   */
  LinkApp(
      Services services,
      LinkGate gate,
      Topics topics,
      int run,
      Function<Consumer<byte[]>, MqttPort> ports) {
    this.services = services;
    this.gate = gate;
    this.transmitter = new Transmitter(services.state(), services.clock());
    services.commands().handle("link", CommandCase.SET_TRANSMITTER, this::setTransmitter);
    LinkConfig config = services.mission().getLink();
    this.reconnectNanos = (long) (config.getReconnectSeconds() * 1e9);
    this.port = ports.apply(inbound::offer);
    this.passes = new PassKeeper(services);
    this.writer = new PacketWriter(services, gate, port, topics.downlink(), run, passes);
    this.downlinker = new Downlinker(services, passes, writer);
    services.telemetry().contribute(housekeeping);
    this.uploads = services.bus().subscribe("link", UploadStatus.class, MOST_STATUS);
    this.nextConnect = services.clock().hostNanos();
  }

  @Override
  public void step() throws InterruptedException {
    Optional<byte[]> packet = inbound.poll(IDLE_MILLIS);
    for (int taken = 1; packet.isPresent(); taken++) {
      receive(packet.get());
      packet = taken < PACKETS_A_STEP ? inbound.poll() : Optional.empty();
    }
    boolean connected = port.connected();
    if (!passes.open(connected)) {
      leave(connected);
    } else if (connected) {
      speak();
    } else {
      reconnect();
    }
  }

  /** The pass is over: nothing is lost by it, so nobody is told that the link is down. */
  private void leave(boolean connected) {
    if (connected || up) {
      up = false;
      port.disconnect();
    }
  }

  private void speak() {
    if (transmitter.silentNanos() > 0) {
      silent = true;
      return;
    }
    if (silent) {
      silent = false;
      services.events().report(CoreEvent.TRANSMITTER, "speaks again");
    }
    sendHousekeeping();
    downlinker.step();
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
      refused = Optional.empty();
      downlinker.reconnected();
      beacons.restart();
      services.events().report(CoreEvent.LINK_UP);
    } else if (port.trouble().isPresent() && !port.trouble().equals(refused)) {
      refused = port.trouble();
      services.events().report(CoreEvent.LINK_REFUSED, refused.get());
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
          if (packet.kind() != PacketKind.RECEIPT || !downlinker.receipt(uplink.getReceipt())) {
            badPacket();
          }
        }
        case FILE_CHUNK -> file(packet, uplink, uplink.getFileChunk());
        case UPLOAD_INQUIRY -> file(packet, uplink, uplink.getUploadInquiry());
        case BODY_NOT_SET -> badPacket();
      }
    } catch (InvalidProtocolBufferException e) {
      badPacket();
    }
  }

  /** For the app of uploads, which decides what becomes of it. */
  private void file(LinkGate.Inbound packet, Uplink uplink, Message body) {
    if (packet.kind() != PacketKind.FILE || !SchemaCheck.problems(body).isEmpty()) {
      badPacket();
    } else {
      services.bus().publish(uplink);
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
    passes.heard();
    services
        .state()
        .update(
            next -> next.setLastCommandNanos(services.clock().missionNanos()).setGroundLost(false));
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
        .setPacketsDropped(inbound.dropped())
        .setKeys(
            gate.keyStatus().toBuilder()
                .setCommandCounter(services.commands().highestCounter())
                .setReplayed(services.commands().replayed()));
    passes.fill(packet);
    downlinker.fill(packet);
  }

  /**
   * A counter and nothing else, also where it is authentic: what ground has sent may be played back
   * to a link that has begun anew.
   */
  private void badPacket() {
    badPackets.incrementAndGet();
  }

  private void sendHousekeeping() {
    if (passes.othersMay() && passes.mayRun()) {
      Optional<UploadStatus> status = uploads.poll();
      for (int sent = 1; status.isPresent(); sent++) {
        // one that is not taken is asked for again
        boolean unused = writer.live(Downlink.newBuilder().setUploadStatus(status.get()));
        status = sent < MOST_STATUS ? uploads.poll() : Optional.empty();
      }
      Optional<Housekeeping> newest = services.telemetry().take();
      if (newest.isPresent() && !writer.live(beacons.packet(newest.get()))) {
        beacons.restart();
      }
    }
  }

  @Override
  public boolean reload() {
    passes.reload();
    downlinker.reload();
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
      uploads.close();
      port.close();
      gate.close();
    }
  }
}
