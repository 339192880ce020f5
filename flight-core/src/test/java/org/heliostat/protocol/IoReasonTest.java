package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import org.junit.jupiter.api.Test;

class IoReasonTest {
  @Test
  void noReasonIsTheNameOfAnException() {
    assertThat(
            List.of(
                IoReason.of(new NoSuchFileException("/a")),
                IoReason.of(new AccessDeniedException("/a")),
                IoReason.of(new FileAlreadyExistsException("/a")),
                IoReason.of(new NotDirectoryException("/a")),
                IoReason.of(new DirectoryNotEmptyException("/a")),
                IoReason.of(new FileSystemException("/a", null, "No space left on device")),
                IoReason.of(new MalformedInputException(1)),
                IoReason.of(new UnknownHostException("h")),
                IoReason.of(new IOException("Connection refused")),
                IoReason.of(new IOException())))
        .containsExactly(
            "there is no /a",
            "/a may not be accessed",
            "/a is there already, and is no folder",
            "/a is no folder",
            "/a is not empty",
            "/a: No space left on device",
            "it is no UTF-8 text",
            "no host is called so",
            "Connection refused",
            "IOException");
  }
}
