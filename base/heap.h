// A heap of numbered items: the one with the smallest key comes first, among equals by tie, then by
// number. Empty is {0}.
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdint.h>

struct heap_item {
    uint64_t key, tie;
    int number;
};

struct heap {
    int n, capacity;
    struct heap_item *items;
};

void heap_push(struct heap *h, struct heap_item item);
struct heap_item heap_pop(struct heap *h); // of a heap that is not empty
void heap_release(struct heap *h);

#endif
