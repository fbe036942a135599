#include "base/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static bool comes_before(const struct heap_item *a, const struct heap_item *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    if (a->tie != b->tie)
        return a->tie < b->tie;
    return a->number < b->number;
}

static void swap(struct heap_item *a, struct heap_item *b)
{
    struct heap_item c = *a;
    *a = *b;
    *b = c;
}

void heap_push(struct heap *h, struct heap_item item)
{
    grow(&h->items, &h->capacity, h->n + 1, sizeof *h->items);
    int at = h->n++;
    h->items[at] = item;
    for (; at && comes_before(&h->items[at], &h->items[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&h->items[at], &h->items[(at - 1) / 2]);
}

// The smaller child of an item, or the item itself if no child is smaller.
static int smallest_of(const struct heap *h, int at)
{
    int smallest = at;
    for (int child = 2 * at + 1; child <= 2 * at + 2 && child < h->n; child++)
        if (comes_before(&h->items[child], &h->items[smallest]))
            smallest = child;
    return smallest;
}

struct heap_item heap_pop(struct heap *h)
{
    struct heap_item first = h->items[0];
    h->items[0] = h->items[--h->n];
    for (int at = 0, next; (next = smallest_of(h, at)) != at; at = next)
        swap(&h->items[at], &h->items[next]);
    return first;
}

void heap_release(struct heap *h)
{
    free(h->items);
    *h = (struct heap){0};
}
