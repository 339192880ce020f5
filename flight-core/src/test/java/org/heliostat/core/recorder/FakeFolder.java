package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A folder in memory that fails when a test wants it to, and that power loss takes as much from as
 * it may from a disk: of what was written and not forced any part, of names that were not forced
 * any. Thread-safe.
 */
final class FakeFolder implements Folder {
  /** Something that is about to be done. */
  interface Hook {
    /**
     * May fail or take its time.
     *
     * @param what list, open, delete, forceNames, size, read, write, force, close
     */
    void before(String what, String name) throws IOException;
  }

  private final Map<String, Content> files = new TreeMap<>();
  private final Set<String> durableNames = new HashSet<>();
  private volatile Hook hook = (what, name) -> {};

  /** Of one file: what a read gives, and what has not been forced yet. */
  private static final class Content {
    private byte[] bytes = new byte[0];
    private byte[] durable = new byte[0];
    private final List<Write> unforced = new ArrayList<>();
  }

  private static final class Write {
    private final byte[] bytes;
    private final int position;

    private Write(byte[] bytes, int position) {
      this.bytes = bytes;
      this.position = position;
    }
  }

  /** From now on. */
  void hook(Hook next) {
    hook = next;
  }

  /** Bytes of a file, to be looked at. */
  synchronized byte[] bytes(String name) {
    return content(name).bytes.clone();
  }

  synchronized boolean has(String name) {
    return files.containsKey(name);
  }

  /** Puts a file there, on disk. */
  synchronized void put(String name, byte[] bytes) {
    Content content = new Content();
    content.bytes = bytes.clone();
    content.durable = bytes.clone();
    files.put(name, content);
    durableNames.add(name);
  }

  /** Names of the files of segments. */
  synchronized List<String> segments() {
    return files.keySet().stream().filter(name -> name.startsWith("seg-")).toList();
  }

  /** Bytes of all files together. */
  synchronized long size() {
    return files.values().stream().mapToLong(content -> content.bytes.length).sum();
  }

  /** The same files in another folder, without hooks. */
  synchronized FakeFolder copy() {
    FakeFolder copy = new FakeFolder();
    files.forEach((name, content) -> copy.put(name, content.bytes));
    return copy;
  }

  /** What the power leaves when it goes now. */
  synchronized FakeFolder afterPowerLoss(Random random) {
    FakeFolder left = new FakeFolder();
    files.forEach(
        (name, content) -> {
          if (durableNames.contains(name) || random.nextBoolean()) {
            byte[] bytes = content.durable.clone();
            for (Write write : content.unforced) {
              int kept =
                  switch (random.nextInt(3)) {
                    case 0 -> 0;
                    case 1 -> write.bytes.length;
                    default -> random.nextInt(write.bytes.length + 1);
                  };
              bytes = Arrays.copyOf(bytes, Math.max(bytes.length, write.position + kept));
              System.arraycopy(write.bytes, 0, bytes, write.position, kept);
            }
            left.put(name, bytes);
          }
        });
    return left;
  }

  private Content content(String name) {
    return files.getOrDefault(name, new Content());
  }

  @Override
  public List<String> list() throws IOException {
    hook.before("list", "");
    synchronized (this) {
      return List.copyOf(files.keySet());
    }
  }

  @Override
  public OneFile open(String name) throws IOException {
    hook.before("open", name);
    synchronized (this) {
      Content content = files.computeIfAbsent(name, key -> new Content());
      return new FakeFile(name, content);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    hook.before("delete", name);
    synchronized (this) {
      files.remove(name);
      durableNames.remove(name);
    }
  }

  @Override
  public void force() throws IOException {
    hook.before("forceNames", "");
    synchronized (this) {
      durableNames.addAll(files.keySet());
    }
  }

  private final class FakeFile implements OneFile {
    private final String name;
    private final Content content;
    private volatile boolean closed;

    private FakeFile(String name, Content content) {
      this.name = name;
      this.content = content;
    }

    private void before(String what) throws IOException {
      if (closed) {
        throw new ClosedChannelException();
      }
      hook.before(what, name);
    }

    @Override
    public long size() throws IOException {
      before("size");
      synchronized (FakeFolder.this) {
        return content.bytes.length;
      }
    }

    @Override
    public void read(ByteBuffer to, long position) throws IOException {
      before("read");
      synchronized (FakeFolder.this) {
        int length = (int) Math.min(to.remaining(), content.bytes.length - position);
        if (length > 0) {
          to.put(content.bytes, (int) position, length);
        }
      }
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      byte[] bytes = new byte[from.remaining()];
      from.get(bytes);
      try {
        before("write");
      } catch (IOException e) {
        // a part of it is there
        store(Arrays.copyOf(bytes, bytes.length / 2), (int) position);
        throw e;
      }
      store(bytes, (int) position);
    }

    private void store(byte[] bytes, int position) {
      synchronized (FakeFolder.this) {
        content.unforced.add(new Write(bytes, position));
        content.bytes =
            Arrays.copyOf(content.bytes, Math.max(content.bytes.length, position + bytes.length));
        System.arraycopy(bytes, 0, content.bytes, position, bytes.length);
      }
    }

    @Override
    public void force() throws IOException {
      // what is written while it runs may not be forced with it
      int forced;
      synchronized (FakeFolder.this) {
        forced = content.unforced.size();
      }
      try {
        before("force");
      } catch (IOException e) {
        // Linux reports it to this force alone, and takes the data for written then
        synchronized (FakeFolder.this) {
          content.unforced.subList(0, forced).clear();
        }
        throw e;
      }
      synchronized (FakeFolder.this) {
        for (Write write : content.unforced.subList(0, forced)) {
          content.durable =
              Arrays.copyOf(
                  content.durable,
                  Math.max(content.durable.length, write.position + write.bytes.length));
          System.arraycopy(write.bytes, 0, content.durable, write.position, write.bytes.length);
        }
        content.unforced.subList(0, forced).clear();
      }
    }

    @Override
    public void close() throws IOException {
      before("close");
      closed = true;
    }
  }
}
