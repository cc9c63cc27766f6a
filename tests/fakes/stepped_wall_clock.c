/* Preloaded into a program, this shifts its wall clock, as an administrator or a time daemon does by a step, and no other clock.
   The environment's STEPPED_WALL_CLOCK names a file that holds the shift: eight bytes, nanoseconds in the machine's order. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int64_t kSecondNs = 1000000000;
static volatile const int64_t* shift_ns;

__attribute__((constructor)) static void Open(void) {
  const int file = open(getenv("STEPPED_WALL_CLOCK"), O_RDONLY | O_CLOEXEC);
  void* const page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (file < 0 || page == MAP_FAILED) abort();
  close(file);
  shift_ns = page;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result != 0 || clock != CLOCK_REALTIME) return (int)result;
  const int64_t shifted = now->tv_sec * kSecondNs + now->tv_nsec + *shift_ns;
  now->tv_sec = shifted / kSecondNs;
  now->tv_nsec = shifted % kSecondNs;
  return 0;
}
