//! One request over HTTP: its user or source, its price, and its time limit.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hongyan_protocol::{ErrorCode, UserId};
use hongyan_service::ServiceError;
use http::header::HOST;
use http::{Method, StatusCode, Version};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};

use super::budget::Budget;
use super::source::Source;
use crate::Gateway;
use crate::http::auth::has_credentials;
use crate::http::error::ApiError;
use crate::limits::{REQUEST_TIMEOUT, UNCOUNTED_BYTES};
use crate::price::{self, Price};

/// A request's own record, among its extensions.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Record>);

struct Record {
    source: Source,
    /// By when it has to be answered.
    deadline: Mutex<Instant>,
    /// The budget of whoever it is from, once that is known.
    user: OnceLock<Arc<Budget>>,
}

impl Visit {
    fn new(source: Source) -> Self {
        Self(Arc::new(Record {
            source,
            deadline: Mutex::new(Instant::now() + REQUEST_TIMEOUT),
            user: OnceLock::new(),
        }))
    }

    /// The budget of whoever it is from, once that is known.
    pub(crate) fn user(&self) -> Option<&Arc<Budget>> {
        self.0.user.get()
    }

    /// It is from this user, who pays for it by its method: a write that changes something that is there is dear.
    pub(crate) fn is_from(
        &self,
        gateway: &Gateway,
        user: UserId,
        method: &Method,
    ) -> Result<(), ServiceError> {
        let budget = gateway.door.recognise(user, self.0.source);
        let budget = self.0.user.get_or_init(|| budget);
        let price = match *method {
            Method::POST => price::SEND,
            Method::PATCH | Method::PUT | Method::DELETE => price::CHANGE,
            _ => price::PAGE,
        };
        let rate = &gateway.door.users.rate;
        rate.try_spend(budget, price, rate.now())
    }

    /// The user pays for something beside the request, or is told to wait.
    pub(crate) fn spend(&self, gateway: &Gateway, price: Price) -> Result<(), ServiceError> {
        let budget = self.user().ok_or(ServiceError::Internal)?;
        let rate = &gateway.door.users.rate;
        rate.try_spend(budget, price, rate.now())
    }

    /// The user pays for what came or goes; so does the source, as long as nobody is known.
    pub(crate) fn pay(&self, gateway: &Gateway, price: Price) {
        match self.user() {
            Some(user) => {
                let rate = &gateway.door.users.rate;
                rate.spend(user, price, rate.now());
            }
            None => {
                let rate = &gateway.door.sources.rate;
                rate.spend(&gateway.door.sources.of(self.0.source), price, rate.now());
            }
        }
    }

    /// From now on it has the usual time again: its body came a little further.
    pub(crate) fn goes_on(&self) {
        *self.0.deadline.lock() = Instant::now() + REQUEST_TIMEOUT;
    }

    fn deadline(&self) -> Instant {
        *self.0.deadline.lock()
    }
}

/// Around every call. Who has a token may ask, whatever strangers at the same address have spent.
pub(crate) async fn attend_call(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let is_strangers = !has_credentials(&parts);
    let request = Request::from_parts(parts, body);
    attend(&gateway, request, next, is_strangers).await
}

/// Around every request for a file of the web app: they are for anybody, whatever cookie comes with the request.
pub(crate) async fn attend_file(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Response {
    attend(&gateway, request, next, true).await
}

async fn attend(
    gateway: &Gateway,
    mut request: Request,
    next: Next,
    is_strangers: bool,
) -> Response {
    if let Err(refused) = check_host(&request) {
        return refused.into_response();
    }
    let Some(source) = crate::http::source(request.extensions()) else {
        tracing::error!("a request without an address");
        return ApiError::from(ServiceError::Internal).into_response();
    };
    let visit = Visit::new(source);
    if is_strangers {
        let sources = &gateway.door.sources;
        let budget = sources.of(source);
        let paid = sources
            .rate
            .try_spend(&budget, price::STRANGER, sources.rate.now());
        if let Err(refused) = paid {
            return ApiError::from(refused).into_response();
        }
    }
    request.extensions_mut().insert(visit.clone());
    match in_time(&visit, next.run(request)).await {
        Some(response) => charge(gateway, &visit, response).await,
        None => ApiError::from(ServiceError::Overloaded).into_response(),
    }
}

/// What came before the deadline, which may be put off meanwhile.
async fn in_time(visit: &Visit, answer: impl Future<Output = Response>) -> Option<Response> {
    let mut answer = std::pin::pin!(answer);
    loop {
        let deadline = visit.deadline();
        match timeout_at(deadline, answer.as_mut()).await {
            Ok(response) => return Some(response),
            Err(_) if visit.deadline() > deadline => {}
            Err(_) => return None,
        }
    }
}

/// The answer's price, and room for what of it is not taken at once.
async fn charge(gateway: &Gateway, visit: &Visit, response: Response) -> Response {
    let bytes = response.body().size_hint().lower();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    let Some(user) = visit.user() else {
        let mut price = price::bytes_of_files(bytes);
        if response.status() == StatusCode::UNAUTHORIZED {
            price = price.and(price::SIGN_IN);
        }
        visit.pay(gateway, price);
        return response;
    };
    visit.pay(gateway, price::bytes_out(bytes));
    if bytes <= UNCOUNTED_BYTES {
        return response;
    }
    let held = match gateway.door.memory.hold(user, bytes) {
        Ok(held) => held,
        Err(refused) => return ApiError::from(refused).into_response(),
    };
    let (parts, body) = response.into_parts();
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(held.with(bytes))),
        Err(error) => {
            tracing::error!(%error, "an answer that cannot be read");
            ApiError::from(ServiceError::Internal).into_response()
        }
    }
}

/// RFC 9112, section 3.2: one `Host`, and in HTTP/1.1 not none.
fn check_host(request: &Request) -> Result<(), ApiError> {
    let count = request.headers().get_all(HOST).iter().count();
    let least = usize::from(request.version() >= Version::HTTP_11);
    if (least..=1).contains(&count) {
        Ok(())
    } else {
        Err(ApiError::from((
            ErrorCode::BadRequest,
            "a request has one header Host".to_owned(),
        )))
    }
}
