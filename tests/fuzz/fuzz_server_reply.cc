// Arbitrary answers of a server: the first two bytes are the status, then a byte whose lowest bit says whether the
// request was compressed; the rest is the body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "influx/outcome.h"

namespace {

vmtelem::Batch Lines() {
  vmtelem::Lines lines;
  for (int i = 1; i <= 10; ++i) {
    lines.bytes += "m,l=L" + std::to_string(i) + " v=1i 1\n";
    lines.NoteLine(i);
  }
  return vmtelem::Batch(std::move(lines));
}

void Require(bool condition) {
  if (!condition) std::abort();
}

vmtelem::InfluxTarget Target() {
  vmtelem::InfluxTarget target;
  target.url = "http://influxdb:8181";
  target.database = "db";
  target.token = vmtelem::Secret("token");
  target.token_origin = "INFLUX_TOKEN";
  return target;
}

void Check(const vmtelem::Verdict& verdict, const vmtelem::Batch& batch) {
  for (std::size_t i = 0; i < verdict.lines.size(); ++i) {
    Require(verdict.lines[i] < batch.line_count());
    Require(i == 0 || verdict.lines[i - 1] < verdict.lines[i]);
  }
  Require(verdict.lines.size() <= batch.line_count());
  Require(verdict.action != vmtelem::Action::kAckPartly || verdict.lines.size() < batch.line_count());
  Require(verdict.action != vmtelem::Action::kAckPartly || !verdict.lines.empty());
  for (const char byte : verdict.reason + verdict.target_reason) Require(static_cast<unsigned char>(byte) >= 0x20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static const vmtelem::Batch kBatch = Lines();
  vmtelem::Reply reply;
  reply.status = data[0] << 8 | data[1];
  reply.compressed = (data[2] & 1U) != 0;
  reply.body.assign(reinterpret_cast<const char*>(data) + 3, size - 3);
  static const vmtelem::InfluxTarget kTarget = Target();
  Check(vmtelem::Classify(kTarget, reply, kBatch), kBatch);
  return 0;
}
