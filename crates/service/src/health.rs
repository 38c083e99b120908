//! Health checks that anybody may ask for, at the price of one commit a second at most.

use hongyan_store::Store;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::ServiceError;
use crate::limits::HEALTH_AGE;

/// The last answer and its time. Who asks while a check is under way waits for its answer.
#[derive(Default)]
pub(crate) struct Health(Mutex<Option<(Instant, Result<(), ServiceError>)>>);

impl Health {
    pub(crate) async fn check(&self, store: &dyn Store) -> Result<(), ServiceError> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < HEALTH_AGE
        {
            return answer.clone();
        }
        let answer = store.check_writable().await.map_err(ServiceError::from);
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}
