// Numbers that look random and are the same each time.
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

// Golden ratio of 2^64: the step of SplitMix64's counter.
#define RANDOM_STEP 0x9e3779b97f4a7c15u

// What SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) makes of its counter: every number on its own,
// so that what is drawn depends on no order.
static inline uint64_t random_mixed(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

#endif
