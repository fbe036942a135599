#include "cli/rivals.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void rivals_init(struct rivals *r, const struct engine *engine)
{
    *r = (struct rivals){0};
    for (int i = 0; i < MAX_KERNEL_NAMES; i++)
        r->kernels[i] = kernel_set_new(engine);
}

void rivals_release(struct rivals *r)
{
    for (int i = 0; i < r->n; i++)
        record_release(&r->rival[i].record);
    for (int i = 0; i < MAX_KERNEL_NAMES; i++)
        kernel_set_free(r->kernels[i]);
    free(r->rival);
    *r = (struct rivals){0};
}

void rivals_add(struct rivals *r, int brick, const struct graph *g, const char *implementation,
                int lane, const struct record *record)
{
    grow(&r->rival, &r->capacity, r->n + 1, sizeof *r->rival);
    struct rival *rival = &r->rival[r->n++];
    *rival = (struct rival){.brick = brick, .lane = lane, .target = NONE};
    record_begin(&rival->record, record);
    snprintf(rival->record.implementation, sizeof rival->record.implementation, "%s",
             implementation);
    kernel_set_wish(r->kernels[lane], g, &g->nodes[0], implementation);
}
