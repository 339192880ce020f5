package org.heliostat.hal;

/** A receiver of navigation satellites: time, position, velocity. */
public interface NavigationReceiver extends Polled<NavigationReading> {}
