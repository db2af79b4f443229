#pragma once
#include <stdint.h>

/// How many blocks this thread has asked of the allocator since it began. A program that links this target counts;
/// glibc only (elsewhere 0).
uint64_t malloc_count(void);
