#include "bricks/contest.h"

#include <math.h>

#include "base/memory.h"
#include "base/statistics.h"

static const double clearly = 0.97; // of the incumbent's time
static const double hardly = 1.02;  // three visits may be off by so much and more

struct standing contest_standing(const struct record *r, const struct demand *d)
{
    struct standing s = {.known = d->n > 0};
    double squares = 0;
    for (int i = 0; i < d->n; i++) {
        const struct series *series = record_find(r, d->footprint[i]);
        double *visits_ns = xmalloc((size_t)(series ? series->n : 0) * sizeof *visits_ns);
        int n = series ? series_visits(series, band_all(), visits_ns) : 0;
        double time_ns = n ? median(visits_ns, n) : 0;
        double error = n ? relative_error(visits_ns, n, usual_spread(time_ns)) : 0;
        s.known = s.known && n > 0;
        s.time_ns += d->uses[i] * time_ns;
        squares += pow(d->uses[i] * time_ns * error, 2);
        free(visits_ns);
    }
    s.error_ns = sqrt(squares);
    return s;
}

bool contest_is_open(const struct standing *incumbent, const struct standing *challenger)
{
    return incumbent->known && challenger->known &&
           challenger->time_ns < hardly * incumbent->time_ns;
}

bool contest_is_clear(double incumbent_ns, double challenger_ns)
{
    return challenger_ns < clearly * incumbent_ns;
}

bool contest_is_won(const struct standing *incumbent, const struct standing *challenger)
{
    double gain_ns = incumbent->time_ns - challenger->time_ns;
    return incumbent->known && challenger->known &&
           contest_is_clear(incumbent->time_ns, challenger->time_ns) &&
           gain_ns > z95 * (incumbent->error_ns + challenger->error_ns);
}
