/* exporters.h - the descriptors that export.c lists. */
#ifndef ESPSIM_ANALYSIS_EXPORTERS_H
#define ESPSIM_ANALYSIS_EXPORTERS_H

#include "analysis/export.h"

extern const struct exporter exporter_ip_xfrm;
extern const struct exporter exporter_nft;
extern const struct exporter exporter_tc_bpf;
extern const struct exporter exporter_strongswan;

#endif
