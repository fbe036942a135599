#include "bricks/condition.h"

#include <math.h>

#include "base/statistics.h"

// One distance varies by some 10 %, unlike distances differ by a factor of 3 and more. What
// another factor would change: tests/perf/constants.sh WORK band_factor=1.2,1.7,2.5 MODEL...
static const double band_factor = 1.7;

struct band band_all(void)
{
    return (struct band){0, INFINITY};
}

bool band_holds(struct band b, double handoff_ns)
{
    return b.low <= handoff_ns && handoff_ns <= b.high;
}

struct band band_prevailing(int n, double *handoff_ns)
{
    struct band best = band_all();
    int most = 0;
    sort_doubles(handoff_ns, n);
    for (int low = 0, high = 0; low < n; low++) {
        while (high < n && handoff_ns[high] <= band_factor * handoff_ns[low])
            high++;
        if (high - low > most) {
            most = high - low;
            best = (struct band){handoff_ns[low], handoff_ns[high - 1]};
        }
    }
    return best;
}
