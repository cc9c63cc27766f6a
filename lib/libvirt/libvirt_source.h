#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "libvirt/source_bounds.h"
#include "model/hypervisor.h"
#include "model/source.h"

namespace vmtelem {

// A Source over libvirt: a read-only connection that is made when it is first needed, made again with back-off when it
// is lost, and never asks anybody for a password. `clock` must outlive the source; a thread that is blocked inside
// libvirt when the source is destroyed is left behind and touches nothing of it.
// `bounds`: what all sources of a process share.
std::unique_ptr<Source> MakeLibvirtSource(Hypervisor hypervisor, CollectOptions options, Clock& clock, LoggerPtr log,
                                          SourceBounds bounds = {});

// "9.0.0": the libvirt client library that is in use.
std::string LibvirtVersion();

}  // namespace vmtelem
