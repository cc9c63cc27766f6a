#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "influx/outcome.h"

namespace vmtelem {

inline InfluxTarget Target(InfluxApi api = InfluxApi::kV3) {
  InfluxTarget target = DefaultConfig().influx;
  target.api = api;
  target.url = "http://db:8181";
  target.database = "vmstats";
  target.token = Secret("token");
  target.token_origin = "INFLUX_TOKEN_FILE";
  return target;
}

inline Batch NumberedLines(std::size_t count) {
  Lines lines;
  for (std::size_t i = 1; i <= count; ++i) {
    lines.bytes += "m,l=L" + std::to_string(i) + " v=" + std::to_string(i) + "i 1\n";
    lines.NoteLine(1);
  }
  return Batch(std::move(lines));
}

inline Reply Http(int status, std::string body = {}) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.lines_sent = true;
  return reply;
}

inline Reply NoAnswer(Reply::Transport transport) {
  Reply reply;
  reply.transport = transport;
  reply.error = "curl's words";
  return reply;
}

using Indices = std::vector<std::size_t>;

}  // namespace vmtelem
