#include "cmd/version.h"

#include <fmt/format.h>

#include "build_version.h"
#include "influx/influx_sink.h"
#include "libvirt/libvirt_source.h"

namespace vmtelem {

BuildInfo ThisBuild() { return {VMTELEM_VERSION, VMTELEM_REVISION}; }

std::string VersionText() {
  const BuildInfo build = ThisBuild();
  return fmt::format("vmtelem {} (rev {})\nlibvirt {}\n{}\n", build.version, build.revision, LibvirtVersion(),
                     CurlVersion());
}

}  // namespace vmtelem
