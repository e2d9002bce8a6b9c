/* standin.h - until models/traffic is here. */
#include "models/base/family.h"

#define traffic_family standin_traffic_family
#define codec_family   standin_codec_family
extern const struct family traffic_family, codec_family;
