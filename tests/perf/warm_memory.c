// Takes memory as programs that want huge pages get it, touches it and gives it back, so that the
// next process finds it in this machine and need not wait for a host to provide it.
// usage: warm_memory MEGABYTES THREADS
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/data.h"

int main(int argc, char **argv)
{
    struct error err = {0};
    long megabytes = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    int threads = argc == 3 ? atoi(argv[2]) : 0;
    if (megabytes < 1 || threads < 1) {
        fprintf(stderr, "usage: warm_memory MEGABYTES THREADS\n");
        return 2;
    }
    omp_set_num_threads(threads);
    size_t bytes = (size_t)megabytes << 20;
    void *p = pages_alloc(bytes, &err);
    if (!p) {
        fprintf(stderr, "warm_memory: %s\n", err.text);
        return 1;
    }
    pages_free(p, bytes);
    return 0;
}
