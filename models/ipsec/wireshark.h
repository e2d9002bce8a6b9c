/* wireshark.h - SAs as Wireshark takes them: lines of the file `esp_sa` in a profile folder (and of -o uat:esp_sa:).
 *
 *   "IPv4","source","destination","0xSPI","encryption","0xkey and salt","authentication","0xkey"
 *
 * The names are those of Wireshark 4.0. Where it checks no ESN (it knows the low half only), an integrity algorithm of
 * its own is written as "no checking", so that a good packet is not shown as a bad one.
 */
#ifndef ESPSIM_IPSEC_WIRESHARK_H
#define ESPSIM_IPSEC_WIRESHARK_H

#include "models/ipsec/sa.h"

#define WIRESHARK_LINES_CAP 1024 /* enough for the lines of any SA */

/* Writes the lines of one SA, each with its newline, and gives their length; 0 and "" where Wireshark 4.0 does not know
 * the algorithm. Addresses are those of the packets on the link: the outer ones of tunnel and BEET; transport's, where
 * the SA has them; otherwise the selectors as patterns, or `*`. With no address at all it is two lines, one for each IP
 * version. Wireshark takes the first line that fits, so SAs with one SPI are told apart by their addresses only. */
size_t wireshark_sa_lines(const struct sa_params *p, char *lines, size_t cap);

#endif
