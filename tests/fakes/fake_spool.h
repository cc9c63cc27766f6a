#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/delivery.h"

namespace vmtelem {

// A spool on a disk that does as the test says, with everything it was told. Unbounded.
class FakeSpool : public Spool {
 public:
  bool disk_works = true;
  bool is_full = false;  // AddIfDurable() costs the oldest batch that waits
  std::size_t most_persisted = std::numeric_limits<std::size_t>::max();  // in one CatchUp()
  std::vector<std::pair<std::string, std::string>> rejected;             // line, reason
  std::size_t most_handed_out = 0;
  std::size_t moved_lines = 0;  // that were acknowledged since they are kept in another batch

  // Another process left a batch.
  void Leave(std::shared_ptr<const Batch> batch) {
    changes_.recovered_lines += batch->line_count();
    Keep(std::move(batch), true);
  }
  // The oldest batch that waits is found damaged, or has to make room. False if none waits.
  bool LoseOldest() {
    if (waiting_.empty()) return false;
    const auto oldest = waiting_.begin();
    const Batch& batch = *oldest->second.batch;
    changes_.losses.push_back(
        {batch.line_count(), oldest->second.durable, batch.first_wall_ns(), batch.last_wall_ns(), "the spool is full"});
    Forget(waiting_, oldest);
    return true;
  }

  // What was handed out is on a disk that is out of reach.
  void DisplaceHandedOut() {
    for (auto& [id, held] : handed_out_) {
      if (std::exchange(held.durable, false)) NoteInMemory(held);
      changes_.displaced.push_back(id);
    }
  }

  SpooledBatch Add(std::shared_ptr<const Batch> batch) override { return {Keep(batch, disk_works), batch, disk_works}; }
  std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch> batch) override {
    if (is_full && disk_works) LoseOldest();
    return disk_works ? std::optional(Add(std::move(batch))) : std::nullopt;
  }
  bool AddInPlace(std::shared_ptr<const Batch> batch) override {
    if (disk_works) Add(std::move(batch));
    return disk_works;
  }
  std::optional<SpooledBatch> Take(std::uint64_t id) override {
    const auto found = waiting_.find(id);
    return found == waiting_.end() ? std::nullopt : std::optional(Lend(found));
  }
  bool HandOut(std::uint64_t id) override { return Take(id).has_value(); }
  std::optional<SpooledBatch> Next() override {
    return waiting_.empty() ? std::nullopt : std::optional(Lend(waiting_.begin()));
  }
  void Acknowledge(std::uint64_t id, const Unwritten& but = {}) override {
    moved_lines += but.moved;
    if (const auto found = handed_out_.find(id); found != handed_out_.end()) Forget(handed_out_, found);
  }
  void KeepRejected(std::string_view line, std::string_view reason) override { rejected.emplace_back(line, reason); }

  SpoolChanges CatchUp() override {
    if (disk_works) {
      for (std::size_t i = 0; i < most_persisted && !in_memory_.empty(); ++i) {
        Persist(*in_memory_.begin());
        in_memory_.erase(in_memory_.begin());
      }
    }
    return std::exchange(changes_, {});
  }

  [[nodiscard]] SpoolStats stats() const override {
    SpoolStats stats = stats_;
    stats.durable = disk_works;
    return stats;
  }
  // Lines that would survive the process.
  [[nodiscard]] std::size_t durable_lines() const {
    std::size_t lines = 0;
    for (const auto* batches : {&waiting_, &handed_out_}) {
      for (const auto& [id, held] : *batches) lines += held.durable ? held.batch->line_count() : 0;
    }
    return lines;
  }

  [[nodiscard]] std::string durable_text() const {
    std::string text;
    for (const auto* batches : {&waiting_, &handed_out_}) {
      for (const auto& [id, held] : *batches) text += held.durable ? held.batch->bytes() : "";
    }
    return text;
  }

 private:
  struct Held {
    std::shared_ptr<const Batch> batch;
    bool durable;
  };
  using Batches = std::map<std::uint64_t, Held>;  // by id: oldest first

  std::uint64_t Keep(std::shared_ptr<const Batch> batch, bool durable) {
    ++stats_.batches;
    stats_.lines += batch->line_count();
    stats_.bytes += batch->bytes().size();
    waiting_.emplace(++last_id_, Held{std::move(batch), durable});
    if (durable) return last_id_;
    in_memory_.insert(last_id_);
    ++stats_.memory_batches;
    stats_.memory_bytes += waiting_.at(last_id_).batch->bytes().size();
    return last_id_;
  }
  void Forget(Batches& batches, Batches::iterator batch) {
    --stats_.batches;
    stats_.lines -= batch->second.batch->line_count();
    stats_.bytes -= batch->second.batch->bytes().size();
    if (!batch->second.durable) NoteOutOfMemory(batch->second);
    in_memory_.erase(batch->first);
    batches.erase(batch);
  }
  void NoteInMemory(const Held& held) {
    ++stats_.memory_batches;
    stats_.memory_bytes += held.batch->bytes().size();
  }
  void NoteOutOfMemory(const Held& held) {
    --stats_.memory_batches;
    stats_.memory_bytes -= held.batch->bytes().size();
  }
  SpooledBatch Lend(Batches::iterator batch) {
    SpooledBatch out{batch->first, batch->second.batch, batch->second.durable};
    in_memory_.erase(batch->first);
    handed_out_.insert(waiting_.extract(batch));
    most_handed_out = std::max(most_handed_out, handed_out_.size());
    return out;
  }
  void Persist(std::uint64_t id) {
    Held& held = waiting_.at(id);
    held.durable = true;
    NoteOutOfMemory(held);
    changes_.persisted_lines += held.batch->line_count();
  }

  std::uint64_t last_id_ = 0;
  Batches waiting_, handed_out_;
  std::set<std::uint64_t> in_memory_;  // of those that wait
  SpoolStats stats_;
  SpoolChanges changes_;
};

}  // namespace vmtelem
