#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bricks/work.h"
#include "reference/reference.h"

static const double MAX_FLOPS = 1e6, MAX_BYTES = 1e6;

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd >= 0)
        close(fd);
    fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

// What no kernel runs is not checked for one either.
static bool has_kernels(const struct graph *g)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (strcmp(op_info(g->nodes[i].op)->lower, "none") == 0)
            return false;
    return true;
}

bool fuzz_is_small(const struct graph *g)
{
    double bytes = 0;
    for (int v = 0; v < g->n_values; v++) {
        if (g->values[v].t.rank < 0 || g->values[v].t.type == TYPE_none)
            return false;
        bytes += (double)tensor_bytes(&g->values[v].t);
    }
    return bytes < MAX_BYTES && work_graph(g).flops < MAX_FLOPS;
}

void fuzz_run(struct graph *g)
{
    if (!has_kernels(g) || !fuzz_is_small(g))
        return;
    void **address = xcalloc((size_t)g->n_values, sizeof *address);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].view_of == NONE)
            address[v] = xcalloc(1, tensor_bytes(&g->values[v].t));
    struct error err = {0};
    reference_run(g, address, &err);
    for (int v = 0; v < g->n_values; v++)
        free(address[v]);
    free(address);
}
