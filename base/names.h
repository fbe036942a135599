// Numbers by name: an open hash table of names that belong to somebody else.
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stdbool.h>

struct named_value {
    const char *name; // borrowed
    int value;
    bool defined; // of a model's value: an input, an initializer or a node gives it
};

struct names {
    int n, capacity; // capacity is a power of two, more than half of it free
    struct named_value *slots;
};

void names_release(struct names *names);

// The entry of that name, or NULL. Valid until the next names_add.
struct named_value *names_find(const struct names *names, const char *name);

// Adds an entry; the name must not be there yet and must live as long as the table.
struct named_value *names_add(struct names *names, const char *name, int value);

#endif
