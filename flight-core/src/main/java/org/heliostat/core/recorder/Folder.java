package org.heliostat.core.recorder;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The folder in which the recorder keeps its files. A test puts one there that fails, hangs or
 * loses what was not forced.
 */
interface Folder {
  /** Names of all files. */
  List<String> list() throws IOException;

  /** Opens a file, or makes an empty one; where that fails, its use may fail instead. */
  OneFile open(String name) throws IOException;

  /** Deletes a file, if it is there. */
  void delete(String name) throws IOException;

  /** Brings the names of files to disk. */
  void force() throws IOException;

  /** One file. Reads from any thread; one thread writes. */
  interface OneFile extends Closeable {
    /** Bytes in it. */
    long size() throws IOException;

    /** Fills the buffer from this position on as far as the file goes. */
    void read(ByteBuffer to, long position) throws IOException;

    /** Writes all of the buffer. */
    void write(ByteBuffer from, long position) throws IOException;

    /** Brings what was written to disk, and its size with it. */
    void force() throws IOException;

    @Override
    void close() throws IOException;
  }
}
