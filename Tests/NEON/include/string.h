#pragma once
// The little of the C library that CScan uses, for a target without one.
#include <stddef.h>
void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);
