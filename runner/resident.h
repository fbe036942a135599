// Memory of this process as the kernel tells it in files below /proc. `root` is put before every
// path: "" but for tests. What a file does not tell is 0.
#ifndef RUNNER_RESIDENT_H
#define RUNNER_RESIDENT_H

#include <stddef.h>

struct resident {
    size_t now, peak; // bytes in memory, and the most there ever were
};
struct resident resident_memory(const char *root);

// Memory that asks for huge pages, as weights, activations and scratchpads do, and how much of it
// lies in such pages.
struct advised {
    size_t bytes, huge;
};
struct advised resident_advised(const char *root);

#endif
