/**
 * Procedural Earth scenes with truth: what the rig's camera shows when nobody brings frames.
 *
 * <p><b>What it does.</b> {@link org.heliostat.hil.scene.SceneGenerator} makes a six-band (blue,
 * green, red, NIR, SWIR16, SWIR22) top-of-atmosphere scene and, for the same pixels, the class that
 * is really there. {@link org.heliostat.hil.scene.SceneFiles} writes scenes and truths as files
 * that other tools read; {@link org.heliostat.hil.scene.SceneExport} writes a whole set.
 *
 * <table>
 * <caption>Promises</caption>
 * <tr><th>promise</th><th>why</th><th>shown by</th></tr>
 * <tr><td>same seed, index and size: same bytes, on every JVM</td><td>a flight can be repeated and its answers scored; training
 *   data can be rebuilt</td><td>{@code SceneGeneratorTest.sameSeedSameBytes}, {@code digestIsPinned}</td></tr>
 * <tr><td>samples are 12-bit; 0 means nodata and nothing else</td><td>raw size and masks count valid samples only</td>
 *   <td>{@code SceneGeneratorTest.samplesAreTwelveBit}, {@code nodataIsZeroInAllBandsAndOnlyThere}</td></tr>
 * <tr><td>truth follows the optics: a pixel is cloud when its cloud reflects at least a stated part of the light</td>
 *   <td>thin edges are semi-transparent, so a truth needs a stated rule</td>
 *   <td>{@code SceneGeneratorTest.truthFollowsCloudOpacity}</td></tr>
 * <tr><td>frames range from clear to overcast</td><td>admission and products must meet both</td>
 *   <td>{@code SceneGeneratorTest.cloudCoverSpreads}</td></tr>
 * </table>
 *
 * <p><b>What it must not know.</b> Flight software, models, the link, files other than those it is
 * told to write, any clock.
 *
 * <p><b>To add a surface</b>, add its spectrum with its source to {@code Spectra}, give it a weight
 * in {@code Biome}, and mix it in {@code Ground}.
 *
 * <p><b>Decided against.</b> A radiative transfer library (a scene must cost less than the
 * inference on it); map data (a flight needs no download). The scenes are plausible, not
 * calibrated: a score on them proves little about real frames.
 */
@NullMarked
package org.heliostat.hil.scene;

import org.jspecify.annotations.NullMarked;
