"""Breadth-first execution of a strawberry schema.

    schema = strawberry.Schema(Query, execution_context_class=BreadthFirstExecutor)

graphql-core executes a query depth first: for every field of every object it calls a resolver, completes the value, and
often makes a coroutine. Here, each field of the query is executed once for all of its objects:

1. The operation is compiled into a plan, once (`compiler`, `plan`, `plans`): for every selection and concrete
   type, the fields in the order of the response, with their resolvers, arguments, serializers, and list and null
   structure.
2. A level is the list of all objects at one place of the query, such as the authors of all messages. Each of its
   fields is resolved to a column: a list with one value per object (`run`). An attribute or plain method is called in
   a loop. A level field (`level`) is called once, with all objects. Any other resolver is called once per object
   (`resolvers`).
3. A column of scalars is serialized as a whole, usually by one check of the types that occur in it (`leaves`). A column
   of lists is joined into one list of items, and a column of an interface or union is divided by concrete type. The
   objects in it are the next level. When the columns of a level are complete, they are zipped into dictionaries.
4. Coroutines are driven by a scheduler, without a task for each (`scheduler`). One that awaits a load of a `Loader`
   (`loads`) is suspended. When nothing else can run, the loads that were requested start together, as a wave, and their
   coroutines continue when all have finished. So the number of batches depends on the query, and not on how long a read
   takes. Loads of a `LastLoader` start in a wave that has no other loads.
5. An error makes its value null, and the next nullable value around it if its type is non-null. Errors are found level
   by level and reported in depth-first order, with paths that are derived only then (`errors`, `positions`). So the
   result is that of graphql-core, including the order of its errors.
6. Events of subscriptions that are submitted in one turn of the event loop are the roots of one execution, if their
   operations, variables and contexts are equal (`events`).
7. Long executions pause, so that the tasks of other requests run in between (`turns`). Compiling is interrupted
   likewise (`compilation`).

The root fields of a mutation are executed one after the other, each of them as above. docs/execution.md describes the
limits and the costs.
"""

from execution.events import Event
from execution.executor import BreadthFirstExecutor
from execution.level import Conditional, level_field, root_field
from execution.loads import LastLoader, Load, Loader
from execution.plans import FIELD_BYTES, plans_of
from execution.run import TooManyObjects
from execution.turns import pause_if_due

__all__ = [
    "FIELD_BYTES",
    "BreadthFirstExecutor",
    "Conditional",
    "Event",
    "LastLoader",
    "Load",
    "Loader",
    "TooManyObjects",
    "level_field",
    "pause_if_due",
    "plans_of",
    "root_field",
]
