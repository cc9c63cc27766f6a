#include "libvirt/lane/lane.h"

#include <csignal>
#include <utility>

#include <unistd.h>

#include "libvirt/lane/thread_activity.h"

namespace vmtelem {

std::optional<Stamp> LaneClock::Now() {
  const std::lock_guard guard(mutex_);
  if (clock_ == nullptr || job_given_up_) return std::nullopt;
  return clock_->Now();
}

void LaneClock::Abandon() {
  const std::lock_guard guard(mutex_);
  clock_ = nullptr;
}

void LaneClock::GiveUpJob() {
  const std::lock_guard guard(mutex_);
  job_given_up_ = true;
}

void LaneClock::BeginJob() {
  const std::lock_guard guard(mutex_);
  job_given_up_ = false;
}

void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void Mailbox::Post(std::function<void()> job) {
  clock_.BeginJob();
  const std::lock_guard guard(mutex_);
  job_ = std::move(job);
  idle_ = false;
  posted_.notify_one();
}

bool Mailbox::idle() {
  const std::lock_guard guard(mutex_);
  return idle_;
}

bool Mailbox::waits() {
  pid_t thread_id;
  {
    const std::lock_guard guard(mutex_);
    if (idle_ || thread_id_ == 0) return false;
    thread_id = thread_id_;
  }
  return !IsAtWork(thread_id);
}

ParkedCall Mailbox::LeaveBehind(std::thread thread) {
  const std::lock_guard guard(mutex_);
  clock_.Abandon();
  left_behind_ = parked_calls_->Park({std::move(thread), thread_id_});
  posted_.notify_one();
  return *left_behind_;
}

void Mailbox::Close(SteadyTime now, std::thread thread) {
  const std::lock_guard guard(mutex_);
  clock_.Abandon();
  left_behind_ = parked_calls_->NoteClosing(now, {std::move(thread), thread_id_});
  posted_.notify_one();
}

void Mailbox::NoteBegun() {
  const std::lock_guard guard(mutex_);
  thread_id_ = ::gettid();
}

std::function<void()> Mailbox::Take() {
  std::unique_lock lock(mutex_);
  posted_.wait(lock, [this] { return job_ != nullptr || left_behind_; });
  if (left_behind_) return nullptr;
  return std::exchange(job_, nullptr);
}

void Mailbox::NoteDone() {
  {
    const std::lock_guard guard(mutex_);
    idle_ = true;
  }
  notifier_->Notify();
}

void Mailbox::NoteEnded() {
  std::optional<ParkedCall> call;
  {
    const std::lock_guard guard(mutex_);
    call = left_behind_;
  }
  parked_calls_->Leave(*call);
}

}  // namespace vmtelem
