package org.heliostat.protocol;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import com.google.protobuf.TextFormatParseInfoTree;
import com.google.protobuf.TextFormatParseLocation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the files that people write, in protobuf text format. An unknown field, a doubled scalar
 * and a value that the schema does not allow are errors that name file, line and field. Stateless
 * and thread-safe.
 */
public final class TextFiles {
  /** Largest text file read, in bytes. */
  public static final long MAX_BYTES = 4L << 20;

  private TextFiles() {}

  /** A text file that is not as the schema wants it. The message has a line for each problem. */
  public static final class BadTextFile extends Exception {
    private static final long serialVersionUID = 1L;

    /** Problems as {@code file:line:column: what}. */
    public BadTextFile(List<String> problems) {
      super(String.join(System.lineSeparator(), problems));
    }
  }

  /** A message that was read, with the place of each field in its file. */
  public record Located<M extends Message>(Path file, M message, TextFormatParseInfoTree tree) {
    /**
     * {@code file:line:column} of a field, or of the nearest thing around it that stands in the
     * file.
     */
    public String place(List<SchemaCheck.Problem.Step> path) {
      TextFormatParseInfoTree at = tree;
      TextFormatParseLocation best = TextFormatParseLocation.EMPTY;
      for (SchemaCheck.Problem.Step step : path) {
        List<TextFormatParseLocation> locations = at.getLocations(step.field());
        if (step.index() < locations.size()) {
          best = locations.get(step.index());
        }
        List<TextFormatParseInfoTree> trees = at.getNestedTrees(step.field());
        if (step.index() >= trees.size()) {
          break;
        }
        at = trees.get(step.index());
      }
      return best.equals(TextFormatParseLocation.EMPTY)
          ? file + ":1:1"
          : file + ":" + (best.getLine() + 1) + ":" + (best.getColumn() + 1);
    }
  }

  /**
   * Reads and checks one file.
   *
   * @throws BadTextFile when the file cannot be read, is not of the type, or breaks a rule of the
   *     schema
   */
  public static <M extends Message> Located<M> read(Path file, M prototype) throws BadTextFile {
    return read(file, text(file), prototype);
  }

  /**
   * The text of one file, as it stands.
   *
   * @throws BadTextFile when the file cannot be read, or is larger than {@link #MAX_BYTES}
   */
  public static String text(Path file) throws BadTextFile {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new BadTextFile(List.of(file + ": larger than " + MAX_BYTES + " bytes"));
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new BadTextFile(List.of(file + ": cannot be read: " + IoReason.of(e)));
    }
  }

  /**
   * Reads and checks the text of one file.
   *
   * @param file that the text stands in, for what is said about it
   * @throws BadTextFile when the text is not of the type, or breaks a rule of the schema
   */
  @SuppressWarnings("unchecked")
  public static <M extends Message> Located<M> read(Path file, String text, M prototype)
      throws BadTextFile {
    TextFormatParseInfoTree.Builder tree = TextFormatParseInfoTree.builder();
    Message.Builder builder = prototype.newBuilderForType();
    TextFormat.Parser parser =
        TextFormat.Parser.newBuilder()
            .setSingularOverwritePolicy(
                TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
            .setParseInfoTreeBuilder(tree)
            .build();
    try {
      parser.merge(text, builder);
    } catch (ParseException e) {
      // the parser's own text starts with line:column
      throw new BadTextFile(List.of(file + ":" + e.getMessage()));
    }
    Located<M> located = new Located<>(file, (M) builder.build(), tree.build());
    List<String> problems = new ArrayList<>();
    for (SchemaCheck.Problem problem : SchemaCheck.problems(located.message())) {
      problems.add(located.place(problem.path()) + ": " + problem);
    }
    if (!problems.isEmpty()) {
      throw new BadTextFile(problems);
    }
    return located;
  }
}
