#include "bricks/contest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

static bool is_clear(double incumbent_ns, double challenger_ns)
{
    return challenger_ns < clearly * incumbent_ns;
}

bool contest_is_won(const struct standing *incumbent, const struct standing *challenger)
{
    double gain_ns = incumbent->time_ns - challenger->time_ns;
    return incumbent->known && challenger->known &&
           is_clear(incumbent->time_ns, challenger->time_ns) &&
           gain_ns > z95 * (incumbent->error_ns + challenger->error_ns);
}

// Where the brick takes most time.
static double main_footprint(const struct demand *d, const struct record *r)
{
    double most = -1, footprint = 0;
    for (int k = 0; k < d->n; k++) {
        double time_ns = d->uses[k] * series_median(record_find(r, d->footprint[k]), band_all());
        if (time_ns > most) {
            most = time_ns;
            footprint = d->footprint[k];
        }
    }
    return footprint;
}

void contest_note(struct contest *c, const struct record *incumbent, const struct record *r)
{
    double footprint = main_footprint(&c->demand, incumbent);
    const struct series *s = record_find(r, footprint);
    int i = 0;
    while (i < c->n_tried && strcmp(c->tried[i].implementation, r->implementation) != 0)
        i++;
    if (!s || !s->n || i == MAX_TRIED)
        return;
    struct tried *tried = &c->tried[i];
    c->n_tried += i == c->n_tried;
    *tried = (struct tried){
        .footprint = footprint, .time_ns = series_median(s, band_all()), .n_samples = s->n};
    snprintf(tried->implementation, sizeof tried->implementation, "%.127s", r->implementation);
}

double contest_decide(struct contest *c, const struct record *incumbent,
                      const struct record *challenger, double known_ns)
{
    struct standing a = contest_standing(incumbent, &c->demand);
    struct standing b = contest_standing(challenger, &c->demand);
    contest_note(c, incumbent, incumbent);
    contest_note(c, incumbent, challenger);
    bool won = contest_is_won(&a, &b) && (known_ns == 0 || is_clear(known_ns, b.time_ns));
    return won ? b.time_ns / a.time_ns : 1;
}
