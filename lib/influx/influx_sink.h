#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "model/delivery.h"
#include "model/influx_target.h"

namespace vmtelem {

// A Sink that writes line protocol over HTTP with libcurl: one curl_multi, connections reused, gzip, never a redirect.
// Fails with kInvalid for a URL that libcurl cannot use. `clock` must outlive the sink.
Result<std::unique_ptr<Sink>> MakeInfluxSink(const InfluxTarget& target, Clock& clock, LoggerPtr log);

// "libcurl/7.88.1 OpenSSL/3.0.15 zlib/1.2.13": the libraries in use.
std::string CurlVersion();

}  // namespace vmtelem
