package org.heliostat.core.upload;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.command.Execution;
import org.heliostat.core.file.FileDigest;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.FileSpan;
import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.OpenUpload;
import org.heliostat.protocol.Spans;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;

/** One upload on its way. One thread. */
final class Upload {
  /** Spans of what has come: a station sends what is missing in order, so that there are few. */
  static final int MOST_SPANS = 512;

  /** Spans that a status names. */
  static final int MOST_MISSING = 64;

  /** What it waits for. */
  enum Phase {
    /** What is in place is read: it may be this file already. */
    SETTLING(UploadState.UPLOAD_VERIFYING),
    PREPARING(UploadState.UPLOAD_PREPARING),
    RECEIVING(UploadState.UPLOAD_RECEIVING),
    /** What is in the staging file is read. */
    VERIFYING(UploadState.UPLOAD_VERIFYING),
    /** It is moved to its place. */
    PLACING(UploadState.UPLOAD_VERIFYING);

    private final UploadState told;

    Phase(UploadState told) {
      this.told = told;
    }
  }

  final String path;
  final long size;
  final ByteString sha256;
  final int version;

  /** Number of its staging file, which is never given twice. */
  final long staging;

  /** What has come; at most {@value #MOST_SPANS} spans. */
  final Spans spans = new Spans();

  /** What of it had come when the staging file was forced last. */
  private List<Spans.Span> forced = List.of();

  /** Counter of the newest command that has begun it. */
  long id;

  Phase phase = Phase.PREPARING;
  long touchedNanos;
  int damaged;

  /** This process has put it into the list of those in place, where this was known of its path. */
  boolean listed;

  Optional<InstalledFile> replaced = Optional.empty();

  /** It was moved to its place. */
  boolean placed;

  /** Bytes of the staging file that have room. */
  long prepared;

  /** Bytes that are in the staging file, and perhaps not on the disk. */
  long unforced;

  long lastStored;
  Optional<FileDigest> digest = Optional.empty();
  Optional<Execution> begin = Optional.empty();

  /** It has changed since its status was told. */
  boolean changed = true;

  Upload(long id, String path, BeginUpload file, long missionNanos) {
    this(id, id, path, file.getSize(), file.getSha256(), file.getVersion());
    this.touchedNanos = missionNanos;
  }

  private Upload(long id, long staging, String path, long size, ByteString sha256, int version) {
    this.id = id;
    this.staging = staging;
    this.path = path;
    this.size = size;
    this.sha256 = sha256;
    this.version = version;
  }

  /** As it was stored; spans that cannot be are those of none. */
  static Upload of(OpenUpload stored) {
    Upload upload =
        new Upload(
            stored.getUpload(),
            stored.getStaging(),
            stored.getPath(),
            stored.getSize(),
            stored.getSha256(),
            stored.getVersion());
    upload.touchedNanos = stored.getTouchedMissionNanos();
    upload.damaged = stored.getDamaged();
    upload.prepared = stored.getPrepared() ? stored.getSize() : 0;
    for (int i = 0; i + 1 < stored.getSpansCount(); i += 2) {
      long from = stored.getSpans(i);
      long to = stored.getSpans(i + 1);
      if (from < 0 || to <= from || to > upload.size || !upload.fits(from, to)) {
        upload.spans.clear();
        break;
      }
      upload.spans.add(from, to);
    }
    upload.markForced();
    return upload;
  }

  OpenUpload stored() {
    OpenUpload.Builder stored =
        OpenUpload.newBuilder()
            .setUpload(id)
            .setStaging(staging)
            .setPath(path)
            .setSize(size)
            .setSha256(sha256)
            .setVersion(version)
            .setTouchedMissionNanos(touchedNanos)
            .setPrepared(prepared == size)
            .setDamaged(damaged);
    forced.forEach(span -> stored.addSpans(span.from()).addSpans(span.to()));
    return stored.build();
  }

  /** All that has come is on the disk. */
  void markForced() {
    forced = spans.list();
  }

  /** Nothing has come (any more). */
  void clear() {
    spans.clear();
    forced = List.of();
    unforced = 0;
  }

  boolean isSame(BeginUpload file) {
    return size == file.getSize()
        && version == file.getVersion()
        && sha256.equals(file.getSha256());
  }

  /** Whether a span that is not empty can be added. */
  boolean fits(long from, long to) {
    return spans.count() < MOST_SPANS || spans.touches(from, to);
  }

  boolean isWhole() {
    return spans.covers(0, size);
  }

  void enter(Phase next) {
    phase = next;
    digest = Optional.empty();
    changed = true;
  }

  UploadStatus.Builder status() {
    UploadStatus.Builder status =
        UploadStatus.newBuilder()
            .setUpload(id)
            .setPath(path)
            .setSize(size)
            .setState(phase.told)
            .setReceived(spans.bytes());
    if (phase == Phase.RECEIVING) {
      for (Spans.Span span : spans.missing(size, MOST_MISSING)) {
        status.addMissing(FileSpan.newBuilder().setFrom(span.from()).setTo(span.to()));
      }
    }
    return status;
  }
}
