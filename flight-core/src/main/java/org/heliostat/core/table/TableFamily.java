package org.heliostat.core.table;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;

/**
 * Tables of one owner that come by being loaded and go by being dropped, such as {@code
 * sequence.NAME}.
 *
 * @param prefix of their names, with the dot
 * @param content the only content they take
 * @param most tables at once, staged ones included; one more is refused
 * @param validator the owner's check, as for single tables
 * @param locked why the table of a name must not be replaced now, if so; asked on any thread, and
 *     must not wait
 * @param activated called with each new table, on the thread of the command
 * @param dropped called with the name of one that has gone, or for which its default stands in
 *     again, on the thread of the command
 */
public record TableFamily(
    String prefix,
    ContentCase content,
    int most,
    TableDefinition.Validator validator,
    Function<String, Optional<String>> locked,
    Consumer<Table> activated,
    Consumer<String> dropped) {}
