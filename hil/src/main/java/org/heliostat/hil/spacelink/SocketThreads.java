package org.heliostat.hil.spacelink;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Daemon threads that serve the sockets of a line: each ends with its socket, or when it is
 * interrupted, and whoever ended it has counted that. Thread-safe.
 */
public final class SocketThreads {
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  /** What a thread does. */
  public interface Duty {
    /** Ends by itself, or by a socket that is closed or an interruption. */
    void run() throws IOException, InterruptedException;
  }

  /** Starts one. */
  public Thread start(String name, Duty duty) {
    Thread thread =
        new Thread(
            () -> {
              try {
                duty.run();
              } catch (IOException | InterruptedException e) {
                // the end of a socket or of the line: who ended it has counted it
              } finally {
                threads.remove(Thread.currentThread());
              }
            },
            name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
    return thread;
  }

  /** Those that have not come to their end. */
  public List<Thread> running() {
    return List.copyOf(threads);
  }

  /** Closes; what fails then is closed as far as this process is concerned. */
  public static void close(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // it is closed as far as this process is concerned
    }
  }

  /** Closes a socket so that what was not sent is dropped, and the other end gets a RST. */
  public static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // it is closed already
    }
    close(socket);
  }
}
