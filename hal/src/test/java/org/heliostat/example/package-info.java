/** The worked example of the module's README: a driver that lives outside of the HAL. */
@NullMarked
package org.heliostat.example;

import org.jspecify.annotations.NullMarked;
