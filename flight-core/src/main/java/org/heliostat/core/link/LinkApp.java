package org.heliostat.core.link;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.ChecksumSeal;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.PacketSeal;
import org.heliostat.protocol.PacketSeal.Direction;
import org.heliostat.protocol.Topics;
import org.heliostat.protocol.Uplink;

/**
 * The link to ground: takes commands and receipts, sends what the recorder holds (a window of
 * records at a time, each again until ground confirms it) and the newest housekeeping. The broker
 * is not trusted with anything: a record is freed on ground's receipt alone.
 *
 * <p>Overflow policy: packets from ground beyond {@value #INBOUND_PACKETS} unread ones are dropped;
 * ground repeats both commands and receipts.
 */
public final class LinkApp implements App {
  static final int INBOUND_PACKETS = 1024;
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(3);
  private static final long IDLE_MILLIS = 20;
  private static final long FAREWELL_NANOS = 3_000_000_000L;

  private final Services services;
  private final PacketSeal seal;
  private final MqttPort port;
  private final String downlinkTopic;
  private final int window;
  private final long resendNanos;
  private final long reconnectNanos;
  private final BlockingQueue<byte[]> inbound = new ArrayBlockingQueue<>(INBOUND_PACKETS);
  private final Map<Long, Long> sentAt = new HashMap<>();
  private final AtomicLong badPackets = new AtomicLong();
  private boolean up;
  private boolean recorderFailed;
  private long nextConnect;

  /** Offers the app as {@code link}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "link";
    }

    @Override
    public App start(Services services) {
      int spacecraft = services.mission().getSpacecraftId();
      return new LinkApp(services, new ChecksumSeal(spacecraft), new Topics(spacecraft));
    }
  }

  LinkApp(Services services, PacketSeal seal, Topics topics) {
    this.services = services;
    this.seal = seal;
    this.downlinkTopic = topics.downlink();
    LinkConfig config = services.mission().getLink();
    this.window = config.getWindow();
    this.resendNanos = (long) (config.getResendSeconds() * 1e9);
    this.reconnectNanos = (long) (config.getReconnectSeconds() * 1e9);
    this.port =
        new MqttPort(
            services.brokerUrl(),
            "heliostat-" + services.mission().getSpacecraftId(),
            topics.uplink(),
            CONNECT_DEADLINE,
            packet -> {
              boolean unused = inbound.offer(packet);
            });
    this.nextConnect = services.clock().hostNanos();
  }

  @Override
  public void step() throws InterruptedException {
    byte[] packet = inbound.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
    while (packet != null) {
      receive(packet);
      packet = inbound.poll();
    }
    if (port.connected()) {
      sendRecords();
      sendHousekeeping();
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
    Optional<byte[]> packet = seal.open(Direction.UPLINK, sealed);
    if (packet.isEmpty()) {
      badPacket();
      return;
    }
    try {
      Uplink uplink = Uplink.parseFrom(packet.get());
      switch (uplink.getBodyCase()) {
        case TELECOMMAND -> services.commands().submit(uplink.getTelecommand());
        case RECEIPT -> {
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
    for (Recorder.Pending record : services.recorder().pending(window)) {
      Long sent = sentAt.get(record.id());
      if (sent != null && now - sent < resendNanos) {
        continue;
      }
      try {
        byte[] body = services.recorder().read(record.id());
        if (body.length == 0) {
          continue;
        }
        if (!send(withNumber(record.id(), body), 1)) {
          return;
        }
        sentAt.put(record.id(), now);
        recorderFailed = false;
      } catch (RecorderFault e) {
        // one that does not read must not hold up those behind it
        recorderFault(e);
        sentAt.put(record.id(), now);
      }
    }
  }

  private void sendHousekeeping() {
    Optional<Housekeeping> newest = services.telemetry().take();
    if (newest.isPresent()) {
      boolean unused =
          send(Downlink.newBuilder().setHousekeeping(newest.get()).build().toByteArray(), 0);
    }
  }

  private boolean send(byte[] packet, int qos) {
    byte[] sealed = seal.seal(Direction.DOWNLINK, packet);
    if (!port.publish(downlinkTopic, sealed, qos)) {
      return false;
    }
    services.state().update(next -> next.setSentBytes(next.getSentBytes() + sealed.length));
    return true;
  }

  /** Protobuf messages merge when their bytes are joined, so the stored body need not be parsed. */
  private static byte[] withNumber(long record, byte[] body) {
    byte[] number = Downlink.newBuilder().setRecord(record).build().toByteArray();
    ByteArrayOutputStream joined = new ByteArrayOutputStream(number.length + body.length);
    joined.writeBytes(number);
    joined.writeBytes(body);
    return joined.toByteArray();
  }

  /** While ground is there, what is left goes out first, for a bounded time. */
  @Override
  public void close() {
    long start = services.clock().hostNanos();
    try {
      while (port.connected()
          && services.recorder().pendingRecords() > 0
          && services.clock().hostNanos() - start < FAREWELL_NANOS) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    port.close();
  }
}
