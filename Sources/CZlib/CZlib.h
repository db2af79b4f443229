#pragma once
#include <zlib.h>

// deflateInit2 is a macro: Swift sees no macros with arguments.
static inline int paillasse_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15, 8, Z_DEFAULT_STRATEGY);
}
