#include "libvirt/lane.h"

#include <csignal>

namespace vmtelem {

std::optional<Stamp> LaneClock::Now() {
  const std::lock_guard guard(mutex_);
  if (clock_ == nullptr) return std::nullopt;
  return clock_->Now();
}

void LaneClock::Abandon() {
  const std::lock_guard guard(mutex_);
  clock_ = nullptr;
}

void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void Mailbox::Post(std::function<void()> job) {
  const std::lock_guard guard(mutex_);
  job_ = std::move(job);
  done_ = false;
  posted_.notify_one();
}

bool Mailbox::Await(Clock& clock, SteadyTime deadline, const std::stop_token& cancel) {
  // Made before and destroyed after the lock is held, since it takes it too.
  const std::stop_callback wake(cancel, [this] {
    const std::lock_guard guard(mutex_);
    answered_.notify_all();
  });
  std::unique_lock lock(mutex_);
  clock.WaitUntil(lock, answered_, deadline, [&] { return done_ || cancel.stop_requested(); });
  return ParkUnless(done_);
}

bool Mailbox::Close(Clock& clock, SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  closing_ = true;
  posted_.notify_one();
  clock.WaitUntil(lock, answered_, deadline, [this] { return ended_; });
  return ParkUnless(ended_);
}

// With the lock held.
bool Mailbox::ParkUnless(bool met) {
  if (met) return true;
  parked_ = true;
  clock_.Abandon();
  lot_->Enter();
  return false;
}

bool Mailbox::parked() {
  const std::lock_guard guard(mutex_);
  return parked_;
}

std::function<void()> Mailbox::Take() {
  std::unique_lock lock(mutex_);
  posted_.wait(lock, [this] { return job_ != nullptr || closing_ || parked_; });
  if (parked_) return nullptr;
  return std::exchange(job_, nullptr);
}

void Mailbox::NoteDone() {
  const std::lock_guard guard(mutex_);
  done_ = true;
  answered_.notify_one();
}

void Mailbox::NoteEnded() {
  const std::lock_guard guard(mutex_);
  ended_ = true;
  if (parked_) lot_->Leave();
  answered_.notify_one();
}

}  // namespace vmtelem
