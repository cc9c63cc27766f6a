#include <algorithm>
#include <chrono>
#include <random>

#include <catch2/catch.hpp>

#include "outcome_world.h"

namespace vmtelem {
namespace {

bool InRangeSortedUnique(const Verdict& verdict, const Batch& batch) {
  const bool sorted = std::is_sorted(verdict.lines.begin(), verdict.lines.end());
  const bool unique = std::adjacent_find(verdict.lines.begin(), verdict.lines.end()) == verdict.lines.end();
  const bool in_range = verdict.lines.empty() || verdict.lines.back() < batch.line_count();
  return sorted && unique && in_range && verdict.lines.size() <= batch.line_count();
}

TEST_CASE("a body that is deep, long or broken is classified, and no line is named that was not sent") {
  const std::string bodies[] = {
      std::string(1 << 20, '['),
      std::string(1 << 20, '{'),
      "{\"data\":" + std::string(1 << 19, '[') + std::string(1 << 19, ']') + "}",
      R"({"data":[1,null,"x",[],{}]})",
      R"({"data":[{"line_number":1e300}]})",
      R"({"data":[{"line_number":18446744073709551615}]})",
      R"({"data":{"line_number":1.5}})",
      R"({"error":{"error":"x"},"message":[1]})",
      R"({"line":18446744073709551616,"code":"invalid"})",
      "{\"error\":\"\xFF\xFE\"}",
      std::string("\0\0{", 3),
      "partial write: dropped=-5",
      "partial write: dropped=",
      "unable to parse '",
      "partial write: unable to parse '",
  };
  const Batch batch = NumberedLines(5);
  for (const std::string& body : bodies) {
    for (const int status : {400, 422, 404, 500}) {
      INFO(status << ' ' << body.substr(0, 60));
      const Verdict verdict = Classify(Target(), Http(status, body), batch);
      CHECK(InRangeSortedUnique(verdict, batch));
      CHECK(verdict.action != Action::kAck);
      CHECK(verdict.reason.size() < 400);
      CHECK(verdict.reason.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("a mebibyte of quotations does not hold the writer up") {
  std::string quotes = "unable to parse '" + std::string(1 << 20, '\'');
  std::string openings;
  while (openings.size() < 1 << 20) openings += "unable to parse '";
  const Batch batch = NumberedLines(10'000);
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& body : {quotes, openings}) Classify(Target(), Http(400, body), batch);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("random damage to real answers never names a line that was not sent") {
  const std::string seeds[] = {
      R"({"error":"partial write of line protocol occurred","data":[{"error_message":"a","line_number":2}]})",
      R"({"code":"invalid","message":"unable to parse 'm,l=L3 v=3i 1': missing fields"})",
      R"({"error":"partial write: field type conflict dropped=3"})",
  };
  std::mt19937 random(7);
  const Batch batch = NumberedLines(10);
  bool sound = true;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = seeds[random() % 3];
    for (unsigned damage = random() % 4; damage > 0; --damage)
      body[random() % body.size()] = static_cast<char>(random());
    sound = sound && InRangeSortedUnique(Classify(Target(), Http(400, body), batch), batch);
  }
  CHECK(sound);
}

}  // namespace
}  // namespace vmtelem
