#include "fakes/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

std::size_t vmtelem::AllocationCount() { return allocations.load(); }

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VMTELEM_HAS_OWN_NEW
#endif
#endif

#ifdef VMTELEM_HAS_OWN_NEW
// The thread sanitizer's own operators cannot be replaced, but it calls this one for each allocation.
extern "C" void __sanitizer_malloc_hook(const volatile void* /*memory*/, std::size_t /*size*/) { ++allocations; }
#else
// All forms for single objects, so that a sanitizer's own are not mixed with these.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
#endif
