#pragma once
#include <zlib.h>

// deflateInit2 and inflateInit are macros: Swift sees no macros with arguments.
static inline int paillasse_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15, 8, Z_DEFAULT_STRATEGY);
}
static inline int paillasse_inflate_init(z_stream *stream) {
    return inflateInit(stream);
}
