#pragma once

#include "http/response.h"

namespace vmtelem {

// A body in parts, packed by gzip on its way: 256 KiB of state and a part of 16 KiB while it is sent.
HttpBodySource PackedSource(HttpBodySource source);

}  // namespace vmtelem
