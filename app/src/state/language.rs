//! Loads the texts of a language that is not part of the program.

use js_sys::JsString;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

use super::i18n::{Language, add_language, has};

/// Where the file of a language lies; the build replaces it by a name with a hash.
fn address(language: Language) -> Option<String> {
    let selector = format!("meta[name=etlens-texts-{}]", language.tag());
    let meta = web_sys::window()?.document()?.query_selector(&selector).ok()??;
    meta.get_attribute("content")
}

/// Goes on once the texts of a language are there: at once where they are already. Where they
/// cannot be had, the page goes on in English.
pub fn with_texts(language: Language, then: impl FnOnce() + 'static) {
    if has(language) {
        return then();
    }
    spawn_local(async move {
        if let Ok(file) = load(language).await {
            add_language(language, file);
        }
        then();
    });
}

async fn load(language: Language) -> Result<String, JsValue> {
    let (Some(window), Some(address)) = (web_sys::window(), address(language)) else {
        return Err(JsValue::NULL);
    };
    let response: Response = JsFuture::from(window.fetch_with_str(&address)).await?.dyn_into()?;
    let text: JsString = JsFuture::from(response.text()?).await?.dyn_into()?;
    Ok(text.into())
}
