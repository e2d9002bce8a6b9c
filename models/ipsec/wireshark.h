/* wireshark.h - SAs as Wireshark takes them: lines of the file `esp_sa` in a profile folder (and of -o uat:esp_sa:).
 *
 *   "IPv4","source","destination","0xSPI","encryption","0xkey and salt","authentication","0xkey"
 *
 * and, in a capture's own Decryption Secrets Block (pcapng, draft-ietf-opsawg-pcapng, type 0x45535053), with two
 * columns more for newer versions: "32-bit" or "64-bit" sequence numbers, and an ESN's high half at the beginning of
 * the capture.
 */
#ifndef ESPSIM_IPSEC_WIRESHARK_H
#define ESPSIM_IPSEC_WIRESHARK_H

#include "models/ipsec/sa.h"

#define WIRESHARK_LINES_CAP 1024 /* enough for the lines of any SA */

/* Writes the lines of one SA for Wireshark 4.0, each with its newline, and gives their length; 0 and "" where it does
 * not know the algorithm. Wireshark 4.0 checks no ESN (it knows the low half only), so an integrity algorithm of its
 * own is then written as "no checking" instead of showing good packets as bad.
 *
 * Addresses are those of the packets on the link: the outer ones of tunnel and BEET; transport's, where the SA has
 * them; otherwise the selectors as prefixes, or `*`. With no address at all it is two lines, one for each IP version.
 * Wireshark takes the first line that fits, so SAs with one SPI are told apart by their addresses only. */
size_t wireshark_sa_lines(const struct sa_params *p, char *lines, size_t cap);

#define WIRESHARK_SECRETS_TYPE 0x45535053 /* "ESPS" */

/* The same for a Decryption Secrets Block. */
size_t wireshark_secret_lines(const struct sa_params *p, char *lines, size_t cap);

#endif
