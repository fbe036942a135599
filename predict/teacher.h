// Teachers: who gives a first guess at the time of a brick that was not timed in a place.
//   place      another place of the cache that timed it, by the ratio of what limits it here and
//              there; machines, instruction sets and engines alike
//   threads    two places that are this one but for fewer and for more threads: between the two
//   footprints the same brick at another footprint, here, in proportion to what limits it
//   batches    the same brick with another batch size, here, likewise
//   roofline   the machine's peak and the bandwidth of its caches and memory
//   memory     its peak and the bandwidth of its memory alone
#ifndef PREDICT_TEACHER_H
#define PREDICT_TEACHER_H

#include "predict/kind.h"
#include "predict/predict.h"
#include "predict/smooth.h"

// A brick of this place with a time.
struct lesson {
    int brick;
    double point; // of the footprint grid
    double log_ns;
    const struct cache_place *stale; // whose records told it; NULL: this place's
};

struct source {
    const struct cache_place *place;
    struct timings timings;
};

struct school {
    const struct suite *suite;
    const struct cache_place *place;
    double far;         // footprint beyond which nothing changes here
    struct kind *kinds; // per brick of the suite
    int *class_of;      // per brick: equal for the same kind
    int *family_of;     // per brick: equal for the same family
    int n_lessons, lessons_capacity;
    struct lesson *lessons;
    int n_sources;
    struct source *sources;
};

struct guess {
    double log_ns; // NAN: this teacher knows nothing
    double spread; // of what it was made from, in log ns; 0 if that says nothing
};

// Teachers that are no other places.
enum { OTHER_TEACHERS = 5 };

struct teacher;
// `except`: a lesson that is to be guessed as if it had not been timed; NULL if there is none. Only
// the teacher of footprints, which has nothing to say of a brick that was never timed, may look at
// other lessons of the same brick: else errors would be those of an easier question.
typedef struct guess teacher_guess(const struct school *s, const struct teacher *t, int brick,
                                   double point, const struct lesson *except);

struct teacher {
    char name[192];
    teacher_guess *guess;
    int source[2];                     // of the school; the first has fewer threads
    struct smooth corrections, errors; // log ns; of the lessons
};

// Fills a list (room for `most`) with all teachers that may know something; returns their number.
int teachers_find(const struct school *s, struct teacher *list, int most);

#endif
