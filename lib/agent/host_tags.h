#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace vmtelem {

// The host tags of the hypervisors of a process: no two have the same one, so that the series of one are never mixed
// with those of another. Thread-safe.
class HostTags {
 private:
  struct Taken {
    std::mutex mutex;
    std::set<std::string> tags;
  };

 public:
  // The tag of one hypervisor. One thread at a time, but for LetGo().
  class Holder {
   public:
    Holder(std::shared_ptr<Taken> taken, const std::string& name, std::size_t nth)
        : taken_(std::move(taken)), nth_(nth) {
      TagFor(name);
    }
    ~Holder();
    Holder(Holder&&) = default;
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    Holder& operator=(Holder&&) = delete;

    // The tag for a hypervisor of that name: the name itself or, if another hypervisor has it, "name#2" and so on. It
    // stays as long as the name is the same.
    const std::string& TagFor(const std::string& name);
    // From now on another may have the tag. Any thread.
    void LetGo();

   private:
    void Release();

    std::shared_ptr<Taken> taken_;  // null: moved from
    std::size_t nth_;               // the first number that is tried; 1: none
    std::string name_, tag_;        // empty: no tag yet
    bool let_go_ = false;           // of the mutex in `taken_`, as are changes of the tag
  };

  // For the `nth` hypervisor of one URI (Hypervisor::nth), which is called `name` until it answers.
  Holder Add(const std::string& name, std::size_t nth) { return {taken_, name, nth}; }

 private:
  const std::shared_ptr<Taken> taken_ = std::make_shared<Taken>();
};

}  // namespace vmtelem
